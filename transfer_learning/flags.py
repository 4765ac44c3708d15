"""Flags of the three commands: paths, numbers with bounds, and help that shows them."""

import argparse
import math
import os
from pathlib import Path


def absolute(text):
    """Return a path that workers, which start in folders of their own, find too."""
    return Path(os.path.abspath(text))


def number(kind, at_least, at_most=math.inf):
    """Return a `type` for argparse: an int or float within closed bounds."""
    upper = f" to {at_most:g}" if at_most < math.inf else " or more"

    def parse(text):
        value = kind(text)
        if not at_least <= value <= at_most:
            raise argparse.ArgumentTypeError(f"{text}: give {parse.bounds}")
        return value

    parse.bounds = f"{at_least:g}{upper}"
    # Named in the message on what is not a number at all: "invalid int value".
    parse.__name__ = kind.__name__
    return parse


class HelpFormatter(argparse.HelpFormatter):
    """Calls a number N, and ends the help of a flag with its bounds and default."""

    def _get_default_metavar_for_optional(self, action):
        is_number = hasattr(action.type, "bounds")
        return "N" if is_number else super()._get_default_metavar_for_optional(action)

    def _get_help_string(self, action):
        notes = []
        if hasattr(action.type, "bounds"):
            notes.append(action.type.bounds)
        if action.default and action.default != argparse.SUPPRESS:
            notes.append("default %(default)s")
        return f"{action.help} ({'; '.join(notes)})" if notes else action.help
