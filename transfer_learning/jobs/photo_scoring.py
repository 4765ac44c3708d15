"""Photos in, manifest rows out: all filters of a run over any number of photos."""

import numpy as np

from mistakes import Mishap
from transfer_learning.filters.ensemble import Scorer
from transfer_learning.filters.network import load_filter, split_filter
from transfer_learning.filters.traits import read_traits
from transfer_learning.photos.labelled import mean_features
from transfer_learning.photos.pixels import is_reducible, pixel_batches
from transfer_learning.selection.decisions import ERROR
from transfer_learning.selection.manifests import scored_row, unscored_row

# How many large photos decide whether reduced decoding is used.
DECODING_SAMPLE = 16


class PhotoScorer:
    """All filters of a run, loaded once.

    `ensembles` holds the paths of each ensemble's filters; `jury` judges their scores.
    """

    def __init__(self, ensembles, jury, batch_size):
        paths = [path for ensemble in ensembles for path in ensemble]
        traits = read_traits(paths[0])
        self.side, self.resize = traits.side, traits.resize
        self.jury = jury
        self.scorer = Scorer([load_filter(path) for path in paths], batch_size)

    def trunk_line(self):
        """Return one line that says how many trunks the filters need."""
        members, trunks = sum(self.jury.member_counts), self.scorer.trunk_count
        if trunks == 1:
            return f"{members} filters share one trunk: it runs once for all of them."
        return (
            f"{members} filters have {trunks} different trunks (conv1 to pool4 or the "
            f"scaling differ): each trunk runs by itself, which takes longer."
        )

    def rows(self, names, sources, is_reduced=False, advance=None):
        """Yield the manifest row of each photo, in order.

        Args:
            names: of the photos in the manifest.
            sources: its path, or the bytes of the file.
            is_reduced: as `photos.pixels.read_pixels`.
            advance: called with the number of photos after each batch.

        Raises:
            Mishap: a photo could not be had, or its scores are no numbers.
        """
        names = iter(names)
        for batch in self._batches(sources, is_reduced):
            scores = self.scorer(batch.pixels)
            photos = zip(scores, batch.sizes, batch.errors, strict=True)
            for own_scores, size, error in photos:
                name = next(names)
                if error:
                    yield unscored_row(name, ERROR, error)
                elif np.isfinite(own_scores).all():
                    yield scored_row(name, own_scores, size, self.jury)
                else:
                    raise Mishap("a filter gives no number: its training diverged")
            if advance:
                advance(len(scores))

    def _batches(self, sources, is_reduced):
        size = self.scorer.batch_size
        return pixel_batches(sources, self.side, self.resize, size, is_reduced)

    def choose_decoding(self, sources, bound):
        """Return whether photos are decoded at reduced size, and a line on it.

        They are if that changes no score of the sample `sources` by more than `bound`.
        """
        large = [source for source in sources if is_reducible(source, self.side)]
        large = large[:DECODING_SAMPLE]
        if not large:
            return False, "Photos are decoded in full: none of a sample is larger."
        full, reduced = self._scores(large, False), self._scores(large, True)
        change = float(np.abs(full - reduced).max())
        is_as_good = change <= bound
        line = (
            f"Reduced-size decoding changes the scores of {len(large)} large photos "
            f"by at most {change:.6f} (bound {bound:g}): "
        )
        return is_as_good, line + ("used." if is_as_good else "not used.")

    def _scores(self, sources, is_reduced):
        batches = self._batches(sources, is_reduced)
        return np.concatenate([self.scorer(batch.pixels) for batch in batches])


class TrunkFeatures:
    """What the trunk of a filter sees in photos, wherever in them it is."""

    def __init__(self, path, batch_size):
        self.resize, self.batch_size = read_traits(path).resize, batch_size
        self.trunk = split_filter(load_filter(path))[0]

    def __call__(self, sources):
        """Return as `mean_features`."""
        return mean_features(self.trunk, sources, self.resize, self.batch_size)
