"""The numbers that a flag accepts: types of arguments, for both parsers."""

import argparse
import math


def number(kind, at_least=-math.inf, at_most=math.inf):
    """Return a `type` for argparse: an int or float within closed bounds."""

    def parse(text):
        value = kind(text)
        if not at_least <= value <= at_most:
            upper = f" to {at_most:g}" if at_most < math.inf else " or more"
            raise argparse.ArgumentTypeError(f"{text}: give {at_least:g}{upper}")
        return value

    # Named in the message on what is no number at all: "invalid int value".
    parse.__name__ = kind.__name__
    return parse
