"""What the scores of the ensembles mean: the verdict on a photo, and its reason."""

import dataclasses
import math
import re
import statistics

VERDICTS = CHOSEN, REJECTED, SKIPPED, ERROR = "chosen", "rejected", "skipped", "error"


def _majority_score(scores):
    """Return the score that more than half of the members reach."""
    return sorted(scores)[(len(scores) - 1) // 2]


# Each rule is one number that has to exceed the threshold: "all members above t" is
# "the lowest above t", and "most members above t" is "the middle one above t".
RULES = {"all": min, "mean": statistics.fmean, "majority": _majority_score}


@dataclasses.dataclass(frozen=True)
class Jury:
    """How the scores of a run's ensembles become verdicts: plain values."""

    member_counts: tuple  # filters in each ensemble
    thresholds: tuple  # what the rule's number has to exceed, one per ensemble
    rule: str  # a key of RULES
    min_side: int = 0  # pixels that the shorter side has at least
    max_aspect: float = math.inf  # how many times as long as the shorter the longer is

    def __str__(self):
        """Return in a few words what a photo needs to be chosen."""
        ensembles = zip(self.member_counts, self.thresholds, strict=True)
        needs = [f"{count} filters above {limit:g}" for count, limit in ensembles]
        return f"{', then '.join(needs)} (rule {self.rule})"

    def decide(self, ensembles):
        """Return the verdict on a photo and the reason for it.

        `ensembles` holds the scores of each ensemble's members, in order; a later one
        counts only for what all earlier ones kept.
        """
        reasons = []
        for place, (score, threshold) in enumerate(self._pairs(ensembles), start=1):
            sign = ">" if score > threshold else "<="
            reason = f"ensemble {place}: {self.rule} {score:.6f} {sign} {threshold:g}"
            if score <= threshold:
                return REJECTED, reason
            reasons.append(reason)
        return CHOSEN, "; ".join(reasons)

    def refusal(self, width, height):
        """Return why a photo of that shape is rejected whatever its scores, or ''."""
        shorter, longer = sorted((width, height))
        if shorter < self.min_side:
            return f"its shorter side has {shorter} pixels, fewer than {self.min_side}"
        if longer > self.max_aspect * shorter:
            return f"{width} x {height} is longer than {self.max_aspect:g} to 1"
        return ""

    def margin(self, ensembles):
        """Return how far the deciding ensemble is from its threshold, 0 or more."""
        distances = [score - threshold for score, threshold in self._pairs(ensembles)]
        return abs(next((d for d in distances if d <= 0), min(distances)))

    def _pairs(self, ensembles):
        numbers = [RULES[self.rule](scores) for scores in ensembles]
        return list(zip(numbers, self.thresholds, strict=True))


def margin_of(reason):
    """Return how far the closest number of a `Jury`'s reason is from its threshold.

    Infinite where no number decided.
    """
    pairs = re.findall(r"(\S+) (?:>|<=) ([^\s;]+)", reason)
    return min((abs(float(a) - float(b)) for a, b in pairs), default=math.inf)


def disagreement(ensembles):
    """Return the widest gap between two members of the same ensemble."""
    return max(max(scores) - min(scores) for scores in ensembles)
