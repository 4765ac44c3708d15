"""What is known of the pictures of a split that nobody described: their looks."""

import numpy as np

from pictures.factors import KnownFactors
from pictures.looks.measures import measure_looks
from progress import Progress


def look_factors(split, most) -> KnownFactors:
    """Measure the looks of some pictures of a split, evenly spread over all.

    A look that is the same in all of them says nothing, and is left out.

    Args:
        split: `reading.Split`.
        most: at most so many pictures are measured.
    """
    count = min(most, len(split))
    indices = np.linspace(0, len(split) - 1, count).round().astype(int)
    with Progress(count, unit="pictures", label="measuring looks") as progress:
        names, matrix = measure_looks(_read(split, indices, progress))
    varies = np.ptp(matrix, axis=0) > 0
    kept = [name for name, is_kept in zip(names, varies, strict=True) if is_kept]
    return KnownFactors(kept, indices.tolist(), matrix[:, varies], words={})


def _read(split, indices, progress):
    for index in indices:
        yield split.take([index]).read()[0]
        progress.advance()
