"""A Gaussian mixture fitted to the codes of training pictures, to dream from.

Owns the fit and the draws. Training pulls the codes towards the prior N(0, I) but never
all the way: draws from the prior also land where no picture ever was, and what the
decoder makes of these is a blur. A mixture knows where the pictures are. Ghosh et al.
2020, "From Variational to Deterministic Autoencoders", section 4: density estimation
after training.
"""

import math
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

# As many pictures as are encoded for the fit.
MOST_PICTURES = 4000
# Few pictures are drawn from several times.
LEAST_DRAWS = 1000
# Tried one after the other; the lowest Bayesian information criterion decides.
COMPONENTS = (1, 2, 4, 8, 16)


def posterior_draws(z_mean, z_log_var, seed):
    """Return draws from the posteriors of all pictures, `(n, latent_dim)`.

    Draws and not means, because draws are what the decoder was trained on. Means lie
    closer together: a mixture of them would leave out how far each picture's cloud
    reaches, and would be flat in every dimension that is not in use.

    Args:
        z_mean: posterior means `(picture_count, latent_dim)`.
        z_log_var: logarithms of the posterior variances, the same shape.
        seed: whole number from which the draws follow.
    """
    times = math.ceil(LEAST_DRAWS / len(z_mean))
    means, log_variances = (
        np.repeat(each, times, axis=0) for each in (z_mean, z_log_var)
    )
    noise = np.random.default_rng(seed).standard_normal(means.shape)
    return means + np.exp(0.5 * log_variances) * noise


def fit_mixture(codes, seed):
    """Return the `GaussianMixture` of codes `(n, latent_dim)` with the lowest BIC.

    Components have covariances of their own, and at least as many codes each as it
    takes to know them.
    """
    affordable = len(codes) // (codes.shape[1] + 1)
    fitted = [
        _fit(codes, count, seed)
        for count in COMPONENTS
        if count == 1 or count <= affordable
    ]
    return min(fitted, key=lambda mixture: mixture.bic(codes))


def _fit(codes, count, seed):
    with warnings.catch_warnings():
        # A fit that still gains a little after so many rounds is good enough.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return GaussianMixture(count, random_state=seed).fit(codes)


def draw(mixture, count, temperature, seed):
    """Return latent vectors from the mixture, float32 `(count, latent_dim)`.

    Args:
        mixture: as `fit_mixture` makes it.
        count: how many.
        temperature: factor on the standard deviations within each component; 1 draws
            from the mixture itself, less stays closer to the components' centres.
        seed: whole number from which the draws follow.
    """
    random = np.random.default_rng(seed)
    chosen = random.choice(len(mixture.weights_), size=count, p=mixture.weights_)
    noise = random.standard_normal((count, mixture.means_.shape[1]))
    roots = np.linalg.cholesky(mixture.covariances_)
    moves = np.einsum("nij,nj->ni", roots[chosen], noise)
    return (mixture.means_[chosen] + temperature * moves).astype(np.float32)
