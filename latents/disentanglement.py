"""Scores a code by how far it takes known factors apart: the field's metrics.

Owns the scores that sum up a whole code. Codes are `(n, latent_dim)`, one row per
picture and as a rule the posterior means; factors are `(n, factor_count)`, the same
pictures in the same order. Which dimension knows what belongs to information.py, which
also says what is a class and what continuous; what can be said without factors to
statistics.py.
"""

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from latents.information import is_discrete, to_levels

# At a learning rate of 0.1 thirty trees explain 96 % of what can be explained. More of
# them fit noise, and noise spreads the importances over dimensions that carry nothing.
TREE_COUNT = 30

VOTE_COUNT = 800
VOTE_GROUP_SIZE = 64
# In units of the prior's standard deviation: such a dimension has become the prior.
COLLAPSED_DEVIATION = 0.05

# Splits, trees and votes are seeded, so that equal codes have equal scores.
SEED = 0


def mutual_information_gap(shares) -> float:
    """Return the MIG of Chen et al. 2018, "Isolating Sources", equation 6.

    From 0 to 1. It is 1 if every factor is known entirely by one dimension and not at
    all by any other. Published tables mostly bin the codes by equal widths.

    `shares` come from `information.normalize_by_entropy`.
    """
    return _mean_gap(shares)


def modularity(information) -> float:
    """Return the modularity of Ridgeway & Mozer 2018, "F-Statistic Loss", section 3.

    From 0 to 1. It is 1 if every dimension knows about one factor only; a dimension
    that knows about none counts as 0.

    `information` comes from `information.mutual_information`.
    """
    squares = np.square(information)
    best = squares.max(axis=1)
    other_factor_count = max(squares.shape[1] - 1, 1)
    deviation = _ratio(squares.sum(axis=1) - best, best * other_factor_count)
    return float(np.mean(np.where(best > 0, 1.0 - deviation, 0.0)))


def dci(codes, factors) -> dict[str, float]:
    """Return the DCI of Eastwood & Williams 2018, "A Framework for the Quantitative".

    Each is 1 for a perfect code: every dimension serves one factor (disentanglement),
    every factor is served by one dimension (completeness), and the factors can be told
    from the codes (informativeness). Importances are those of gradient boosted trees,
    as in most published tables.
    """
    importances, skills = factor_importances(codes, factors)
    return {
        "dci_disentanglement": concentration(importances),
        "dci_completeness": concentration(importances.T),
        "dci_informativeness": float(np.mean(skills)),
    }


def factor_importances(codes, factors) -> tuple[np.ndarray, np.ndarray]:
    """Return how important each dimension is to each factor, and how well it is told.

    Returns:
        Importances `(latent_dim, factor_count)`, each column with sum 1, or 0 if
        nothing can be told; skills `(factor_count,)` from 0, no better than a constant
        guess, to 1, measured on pictures held out from the training. Skill is R^2 for
        a continuous factor, else accuracy rescaled so that the best guess is 0.
    """
    columns = [_importances(codes, factor) for factor in np.transpose(factors)]
    importances, skills = zip(*columns, strict=True)
    return np.transpose(importances), np.array(skills)


def concentration(importances) -> float:
    """Return how far each row of importances concentrates on one column, from 0 to 1.

    One minus the entropy of a row in units of the entropy of a uniform one, averaged
    with the share of all importance that falls on the row (Eastwood & Williams 2018,
    section 2). Transposed importances give completeness.
    """
    row_sums = importances.sum(axis=1)
    shares = _ratio(importances, row_sums[:, np.newaxis])
    surprise = -np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    entropies = (shares * surprise).sum(axis=1) / np.log(max(shares.shape[1], 2))
    return float(_ratio((1.0 - entropies) @ row_sums, row_sums.sum()))


def explicitness(codes, factors) -> float:
    """Return the explicitness of Ridgeway & Mozer 2018, "F-Statistic Loss", section 3.

    Area under the ROC curve with which a linear classifier on all dimensions tells
    each class of a factor from the rest, on pictures held out from its training;
    averaged over the classes, then over the factors.

    From 0.5, chance, to 1: every class can be read off linearly. Rotating the codes
    does not change it, since it asks whether a factor is there and not where.
    """
    areas = [_explicitness(codes, factor) for factor in np.transpose(factors)]
    return float(np.mean(areas))


def separated_attribute_predictability(codes, factors) -> float:
    """Return the SAP of Kumar et al. 2018, "Variational Inference", section 3.

    The mean gap of how well one dimension alone predicts a factor: R^2 for a
    continuous factor, balanced accuracy with thresholds for classes. Accuracy is
    rescaled so that chance is 0, as R^2 is; times 1 - 1 / classes it is the published
    figure. From 0 to 1, which is one dimension for each factor, proportional to it.
    """
    scores = [
        [_predictability(code, factor) for factor in np.transpose(factors)]
        for code in np.transpose(codes)
    ]
    return _mean_gap(np.array(scores))


def factor_vae_score(codes, factors) -> float:
    """Return the score of Kim & Mnih 2018, "Disentangling by Factorising", section 4.

    A factor is held fixed in a group of pictures; the dimension that varies least, in
    units of its own deviation, votes for that factor. The score is the accuracy, on
    new votes, of the classifier that takes each dimension for the factor it votes for
    most. Groups are drawn from the rows whose value of the factor, or bin, is equal.

    From 1 / factor_count, chance, to 1: the dimension that stays still always tells
    the factor. 0 if every dimension has collapsed or no factor has two equal values.
    """
    deviations = np.std(codes, axis=0)
    is_alive = deviations > COLLAPSED_DEVIATION
    groups = {
        index: rows_of_levels
        for index, factor in enumerate(np.transpose(factors))
        if (rows_of_levels := _groups(factor))
    }
    if not is_alive.any() or not groups:
        return 0.0
    votes = _votes(np.asarray(codes)[:, is_alive] / deviations[is_alive], groups)
    return _majority_accuracy(votes[:VOTE_COUNT], votes[VOTE_COUNT:])


def _mean_gap(scores) -> float:
    """Return the lead of the best dimension over the next, averaged over the factors.

    `scores` is `(latent_dim, factor_count)`; a rival that does not exist scores 0.
    """
    runner_up, best = np.sort(np.pad(scores, ((1, 0), (0, 0))), axis=0)[-2:]
    return float(np.mean(best - runner_up))


def _ratio(numerator, denominator):
    """Return a quotient that is 0 where the denominator is: nothing there, no score."""
    is_positive = np.asarray(denominator) > 0
    return np.where(is_positive, numerator, 0.0) / np.where(is_positive, denominator, 1)


def _hold_out(codes, factor):
    """Return training codes, held-out codes, and the factor of both, 4 to 1."""
    return train_test_split(codes, factor, test_size=0.2, random_state=SEED)


def _importances(codes, factor) -> tuple[np.ndarray, float]:
    codes, held_out_codes, factor, held_out_factor = _hold_out(codes, factor)
    if len(np.unique(factor)) < 2:
        return np.zeros(codes.shape[1]), 0.0
    has_classes = is_discrete(factor)
    trees = GradientBoostingClassifier if has_classes else GradientBoostingRegressor
    model = trees(n_estimators=TREE_COUNT, random_state=SEED).fit(codes, factor)
    skill = model.score(held_out_codes, held_out_factor)
    if has_classes:
        _, counts = np.unique(held_out_factor, return_counts=True)
        chance = counts.max() / counts.sum()
        skill = _ratio(skill - chance, 1.0 - chance)
    return model.feature_importances_, max(float(skill), 0.0)


def _explicitness(codes, factor) -> float:
    codes, held_out_codes, levels, held_out_levels = _hold_out(codes, to_levels(factor))
    if len(np.unique(levels)) < 2:
        return 0.5
    # Weak regularisation: the middle bins of a continuous factor need steep slopes.
    classifier = make_pipeline(
        StandardScaler(), LogisticRegression(C=100.0, max_iter=1000)
    ).fit(codes, levels)
    probabilities = classifier.predict_proba(held_out_codes).T
    areas = [
        roc_auc_score(held_out_levels == level, probability)
        for level, probability in zip(classifier.classes_, probabilities, strict=True)
        if 0 < np.sum(held_out_levels == level) < len(held_out_levels)
    ]
    return float(np.mean(areas)) if areas else 0.5


def _predictability(code, factor) -> float:
    if np.ptp(code) == 0 or np.ptp(factor) == 0:
        return 0.0
    if not is_discrete(factor):
        return float(np.corrcoef(code, factor)[0, 1] ** 2)
    levels = to_levels(factor)
    # A tree on one number is a set of thresholds: one fewer than it has leaves.
    thresholds = DecisionTreeClassifier(
        max_leaf_nodes=levels.max() + 1, class_weight="balanced", random_state=SEED
    ).fit(code[:, np.newaxis], levels)
    predicted = thresholds.predict(code[:, np.newaxis])
    return float(balanced_accuracy_score(levels, predicted, adjusted=True))


def _groups(factor) -> list[np.ndarray]:
    """Return the rows of every level of the factor that has at least two."""
    levels = to_levels(factor)
    rows_of_levels = [np.flatnonzero(levels == level) for level in np.unique(levels)]
    if len(rows_of_levels) == 1:
        return []
    return [rows for rows in rows_of_levels if len(rows) > 1]


def _votes(scaled_codes, groups) -> np.ndarray:
    """Return votes `(n, 2)`: the stillest dimension, the factor held fixed."""
    random = np.random.default_rng(SEED)
    votes = []
    for factor in random.choice(list(groups), size=2 * VOTE_COUNT):
        rows = groups[factor][random.integers(len(groups[factor]))]
        size = min(len(rows), VOTE_GROUP_SIZE)
        sample = scaled_codes[random.choice(rows, size=size, replace=False)]
        votes.append((np.argmin(sample.var(axis=0)), factor))
    return np.array(votes)


def _majority_accuracy(votes, new_votes) -> float:
    counts = np.zeros(np.maximum(votes.max(axis=0), new_votes.max(axis=0)) + 1)
    np.add.at(counts, tuple(votes.T), 1)
    winners = counts.argmax(axis=1)
    return float(np.mean(winners[new_votes[:, 0]] == new_votes[:, 1]))
