"""What latent vectors are drawn from to dream: the prior, or a mixture of Gaussians.

Training pulls the codes towards the prior N(0, I) but never all the way: draws from the
prior also land where no picture ever was, and what the decoder makes of these is a
blur. A mixture fitted to the codes knows where the pictures are. Ghosh et al. 2020,
"From Variational to Deterministic Autoencoders", section 4: density estimation after
training. Each dimension is then spread as its codes are: a number of towers lies in
separate heaps, and what a mixture draws between them would be half a tower.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from latents.statistics import posterior_draws

# Enough for the fit of a mixture.
MOST_PICTURES = 4000
# Tried one after the other; the lowest Bayesian information criterion decides.
COMPONENTS = (1, 2, 4, 8, 16)
# By the values of the setting `demo_sampler`.
WORDS = {
    "prior": "the prior N(0, 1)",
    "mixture": "a Gaussian mixture fitted to training codes",
}


@dataclass(frozen=True)
class Prior:
    """The distribution N(0, I) that training pulls the codes towards."""

    latent_dim: int

    def sample(self, count, temperature, seed) -> np.ndarray:
        """Return latent vectors, float32 `(count, latent_dim)`.

        `temperature` is a factor on the standard deviations.
        """
        noise = np.random.default_rng(seed).standard_normal((count, self.latent_dim))
        return (temperature * noise).astype(np.float32)


@dataclass(frozen=True)
class Mixture:
    """A Gaussian mixture fitted to the codes of training pictures.

    Attributes:
        weights: share of each component, `(component_count,)`.
        means: `(component_count, latent_dim)`.
        covariances: `(component_count, latent_dim, latent_dim)`.
        codes: draws from the posteriors of these pictures, `(count, latent_dim)`.
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    codes: np.ndarray

    @classmethod
    def fit(cls, z_mean, z_log_var, seed):
        """Return the mixture that describes the posteriors best.

        Components have covariances of their own, and at least as many pictures each as
        it takes to know them. Codes are as in `posterior_draws`.
        """
        draws = posterior_draws(z_mean, z_log_var, seed)
        affordable = len(z_mean) // (z_mean.shape[1] + 1)
        mixtures = [
            _fit(draws, count, seed)
            for count in COMPONENTS
            if count == 1 or count <= affordable
        ]
        best = min(mixtures, key=lambda mixture: mixture.bic(draws))
        return cls(best.weights_, best.means_, best.covariances_, draws)

    def sample(self, count, temperature, seed) -> np.ndarray:
        """Return latent vectors, float32 `(count, latent_dim)`.

        `temperature` is a factor on the standard deviations within each component: 1
        draws from the mixture itself, less stays closer to the components' centres.
        How dimensions depend on each other is the mixture's, how each is spread by
        itself the codes': a copula (Sklar 1959).
        """
        draws = self.sample_gaussians(count, temperature, seed)
        return self._spread_as_codes(draws).astype(np.float32)

    def sample_gaussians(self, count, temperature, seed) -> np.ndarray:
        """Return draws of the Gaussians themselves, `(count, latent_dim)`."""
        random = np.random.default_rng(seed)
        chosen = random.choice(len(self.weights), size=count, p=self.weights)
        noise = random.standard_normal((count, self.means.shape[1]))
        roots = np.linalg.cholesky(self.covariances)
        moves = np.einsum("nij,nj->ni", roots[chosen], noise)
        return self.means[chosen] + temperature * moves

    def _spread_as_codes(self, draws):
        deviations = np.sqrt(np.diagonal(self.covariances, axis1=1, axis2=2))
        below = ndtr((draws[:, np.newaxis] - self.means) / deviations)
        shares = np.einsum("k,nkd->nd", self.weights, below)
        columns = zip(self.codes.T, shares.T, strict=True)
        return np.column_stack([np.quantile(*column) for column in columns])


def in_words(name, temperature):
    """Return what dreams are drawn from, for people."""
    return f"{WORDS[name]} at temperature {temperature:g}"


def _fit(draws, count, seed):
    with warnings.catch_warnings():
        # A fit that still gains a little after so many rounds is good enough.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return GaussianMixture(count, random_state=seed).fit(draws)
