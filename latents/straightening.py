"""Finds curves that codes lie along, and gives one dimension the place on each.

A factor that changes all of a picture, as the light of a day does, is learnt along a
curve that winds through several dimensions. None of them says where on it a picture is,
but the others of its group together do. An additive coupling (`latents.coupling`) gives
one of them what the others say of the place, in exchange for what the place says of it.
What the place tells of these others, `latents.unbending` then takes from them.

The place on a curve is the smoothest function on the graph of neighbours (Belkin &
Niyogi 2003, "Laplacian Eigenmaps for Dimensionality Reduction and Data
Representation"). What other dimensions say of it is a sum of radial basis functions
(Broomhead & Lowe 1988, "Multivariable Functional Interpolation and Adaptive Networks").
"""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.sparse.csgraph import connected_components
from scipy.stats import norm, rankdata
from sklearn.manifold import SpectralEmbedding

from latents.active import is_active
from latents.coupling import (
    LEAST_PICTURES,
    Coupling,
    fitted_by_each,
    nothing,
    r2,
    regress,
    settled,
)
from latents.information import mutual_information
from latents.statistics import kl_per_dimension

# Curves that are straightened at most, and radial functions of each.
MOST_CURVES = 4
FUNCTIONS = 150
# Two dimensions belong to one group if they know so many nats of each other.
LEAST_NATS = 0.25
# Of two dimensions one tells the other, and `latents.unbending` is enough.
LEAST_GROUP = 3
# A curve tells so much of the variance of each dimension that it winds through,
LEAST_R2_OF_DIMENSIONS = 0.5
# and all but one of these tell so much of the place, in pictures not fitted to.
LEAST_R2_OF_PLACE = 0.9
# Deviation of the place in the dimension that is given it; 1 is the prior's.
WEIGHT_OF_PLACE = 4.0
# Curves are looked for in so many pictures, and tried on a quarter of them.
MOST_PICTURES = 2000
NEIGHBOURS = 15
# Of a radial function, in mean deviations of the codes that it depends on.
WIDTH = 0.9
RIDGE = 1e-4


@dataclass(frozen=True)
class Straightening(Coupling):
    """A coupling that is a sum of radial functions, exp(-squared distance / 2).

    Attributes:
        centres: `(MOST_CURVES * FUNCTIONS, latent_dim)`, in units of the codes.
        reach: the same shape; what each dimension's squared distance is multiplied by,
            0 if the function does not depend on it.
        heights: the same shape; what each function tells of each dimension.
    """

    centres: np.ndarray
    reach: np.ndarray
    heights: np.ndarray

    def told_of(self, codes):
        """Return what is told of codes `(n, latent_dim)`, the same shape."""
        squares = (
            codes**2 @ self.reach.T
            - 2 * codes @ (self.reach * self.centres).T
            + np.sum(self.reach * self.centres**2, axis=1)
        )
        return np.exp(-squares / 2) @ self.heights + self.shift


@dataclass(frozen=True)
class _Radial:
    """Radial functions of the codes of some dimensions, and what they make of them."""

    dimensions: np.ndarray
    centres: np.ndarray
    width: float
    values: np.ndarray


def find_straightening(z_mean, z_log_var, told=0):
    """Return the `Straightening` that puts the place on each curve in one dimension.

    The first `told` dimensions, those that are not active, and all if there are fewer
    than 1000 pictures, are left alone. Arguments are those of
    `latents.unbending.find_unbending`.
    """
    size = z_mean.shape[1]
    centres, reach, heights = np.zeros((3, MOST_CURVES, FUNCTIONS, size))
    groups = _groups(z_mean, z_log_var, told)
    codes = _spread(z_mean, MOST_PICTURES)
    found = [_find_curve(codes, group) for group in groups]
    curves = [curve for curve in found if curve is not None][:MOST_CURVES]
    for number, (dimension, radial, heights_of_place) in enumerate(curves):
        centres[number, :, radial.dimensions] = radial.centres.T
        reach[number, :, radial.dimensions] = radial.width**-2
        heights[number, :, dimension] = heights_of_place
    functions = (array.reshape(-1, size) for array in (centres, reach, heights))
    coupling = Straightening(*nothing(size), *functions)
    changed = [dimension for dimension, *_ in curves]
    return settled(coupling, z_mean, z_log_var, changed)


def _groups(z_mean, z_log_var, told):
    """Return arrays of dimensions that know of each other."""
    active = np.flatnonzero(is_active(kl_per_dimension(z_mean, z_log_var)))
    active = active[active >= told]
    if len(z_mean) < LEAST_PICTURES or len(active) < LEAST_GROUP:
        return []
    codes = z_mean[:, active]
    is_tied = mutual_information(codes, codes) > LEAST_NATS
    count, labels = connected_components(is_tied, directed=False)
    groups = (active[labels == label] for label in range(count))
    return [group for group in groups if len(group) >= LEAST_GROUP]


def _spread(codes, most):
    """Return at most so many of the codes, evenly: pictures may have an order."""
    count = min(most, len(codes))
    return codes[np.arange(count) * len(codes) // count]


def _find_curve(codes, group):
    """Return the dimension that is given the place, from what, and how; or None."""
    place = _places(codes[:, group])
    (along_curve,) = fitted_by_each(place, codes[:, group])
    group = group[r2(codes[:, group], along_curve) > LEAST_R2_OF_DIMENSIONS]
    if len(group) < LEAST_GROUP:
        return None
    best, least = None, LEAST_R2_OF_PLACE
    for dimension in group:
        radial = _radial(codes, group[group != dimension])
        said, r2_of_place = _say(place, radial)
        if r2_of_place > least:
            best, least = (dimension, radial, said), r2_of_place
    if best is None:
        return None
    dimension, radial, said = best
    (told,) = fitted_by_each(said, codes[:, [dimension]])
    heights = regress(radial.values, told - WEIGHT_OF_PLACE * said, RIDGE)
    return dimension, radial, heights[:, 0]


def _places(codes):
    """Return where on the curve through codes `(n, d)` each is: `(n, 1)`, normal."""
    embedding = SpectralEmbedding(
        1, affinity="nearest_neighbors", n_neighbors=NEIGHBOURS, random_state=0
    )
    with warnings.catch_warnings():
        # Of a graph in parts: their order along the curve is then any one.
        warnings.simplefilter("ignore", UserWarning)
        places = embedding.fit_transform(codes)
    return norm.ppf((rankdata(places, axis=0) - 0.5) / len(places))


def _radial(codes, dimensions):
    codes = codes[:, dimensions]
    centres, width = _spread(codes, FUNCTIONS), WIDTH * codes.std(axis=0).mean()
    squares = np.sum((codes[:, np.newaxis] - centres) ** 2, axis=2)
    values = np.exp(-squares / (2 * width**2))
    return _Radial(dimensions, centres, width, values)


def _say(place, radial):
    """Return what radial functions say of the place, and R2 where they were not fitted.

    Returns:
        `(n, 1)`, and a number.
    """
    is_fitted = np.arange(len(place)) % 4 > 0
    slopes = regress(radial.values[is_fitted], place[is_fitted], RIDGE)
    said = radial.values @ slopes
    return said, r2(place[~is_fitted], said[~is_fitted])[0]
