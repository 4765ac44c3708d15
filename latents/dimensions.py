"""Ranks the latent dimensions of a run: how much each tells, and about what.

Owns the reading of the figures that measurement.py made, for pictures and reports.
"""

import math
from itertools import zip_longest
from typing import NamedTuple

from latents.active import is_active
from latents.information import BIN_COUNT

# Below this, and what chance alone shows, it would be wrong to name a factor.
LEAST_SHARE_ABOVE_CHANCE = 0.05


class LatentDimension(NamedTuple):
    """One latent dimension.

    Attributes:
        number: from 0, as in z0.
        kl_nats: what it tells about a picture on average.
        factor: the known factor it knows most about; None where it knows none.
        share: how much of that factor's entropy it knows, from 0 to 1.
        told: what it was told to stand for; None for nothing.
        given_name: what the user calls it; "" for none.
    """

    number: int
    kl_nats: float
    factor: str | None = None
    share: float = 0.0
    told: str | None = None
    given_name: str = ""

    @property
    def symbol(self):
        """Return the name as the formulas have it, such as z3."""
        return f"z{self.number}"

    @property
    def name(self):
        """Return what the user calls it, else what it was told, else its symbol."""
        told_in_words = (self.told or "").replace("_", " ")
        return self.given_name or told_in_words or self.symbol

    @property
    def factor_in_words(self):
        """Return the factor without underscores; "" without one."""
        return (self.factor or "").replace("_", " ")

    @property
    def caption(self):
        """Return the name, and with it the factor where nothing was told."""
        return self.name if self.told else f"{self.name} {self.factor_in_words}"

    @property
    def meaning(self):
        """Return the factor and the share known of it; "" without one."""
        return f"{self.factor_in_words} {self.share:.2f}" if self.factor else ""


def rank_dimensions(latents, names=None):
    """Return every `LatentDimension` that `measure` measured.

    Those that were told come first, as they were told; the others by falling KL.
    `names` are those that the user gave, by symbol.
    """
    told, names = latents.get("told", []), names or {}
    dimensions = [
        LatentDimension(
            number,
            kl_nats,
            *_best_known(latents, number),
            told=name,
            given_name=names.get(f"z{number}", ""),
        )
        for number, (kl_nats, name) in enumerate(
            zip_longest(latents["kl_per_dimension"], told)
        )
    ]
    others = sorted(dimensions[len(told) :], key=lambda other: -other.kl_nats)
    return dimensions[: len(told)] + others


def active_dimensions(latents, most, names=None):
    """Return at most so many of `rank_dimensions`: all told ones, others if active.

    At least one, so that a code that collapsed can be seen to be so.
    """
    ranked = rank_dimensions(latents, names)
    shown = [
        dimension
        for dimension in ranked
        if dimension.told or is_active(dimension.kl_nats)
    ]
    told_count = len(latents.get("told", []))
    return shown[: max(most, told_count)] or ranked[:1]


def _best_known(latents, number):
    shares = latents.get("normalized_mutual_information")
    if not shares:
        return None, 0.0
    share = max(shares[number])
    if share < chance_share(latents["picture_count"]) + LEAST_SHARE_ABOVE_CHANCE:
        return None, 0.0
    return latents["factor_names"][shares[number].index(share)], share


def chance_share(picture_count):
    """Return the share that a table of bins shows of unrelated values.

    Miller 1955, "Note on the bias of information estimates": (bins - 1)^2 / 2n nats,
    here over the entropy of equal bins.
    """
    return (BIN_COUNT - 1) ** 2 / (2 * picture_count) / math.log(BIN_COUNT)
