"""Which dimension knows which factor, on tables counted by hand."""

import numpy as np
import pytest

from latents.information import (
    factor_owners,
    mutual_information,
    normalize_by_entropy,
    to_levels,
)

BITS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
# One bit told of an AND: its entropy 2 - 3/4 log2(3), less 1/2 for the other bit.
BIT_OF_AND = 1.5 - 0.75 * np.log2(3)


def shares_of(codes, factors):
    return normalize_by_entropy(mutual_information(codes, factors), factors)


def share_of(code, factor):
    return shares_of(code[:, np.newaxis], factor[:, np.newaxis])[0]


def test_information_is_counted_in_nats():
    codes = np.column_stack([BITS[:, 0], BITS.all(axis=1)])

    expected = np.log(2) * np.array([[1, 0], [BIT_OF_AND, BIT_OF_AND]])
    np.testing.assert_allclose(mutual_information(codes, BITS), expected, atol=1e-12)


def test_share_is_of_the_factor_and_not_of_the_code():
    conjunction = BITS.all(axis=1)
    entropy_of_and = 2 - 0.75 * np.log2(3)

    assert share_of(conjunction, BITS[:, 0]) == pytest.approx(BIT_OF_AND)
    assert share_of(BITS[:, 0], conjunction) == pytest.approx(
        BIT_OF_AND / entropy_of_and
    )


@pytest.mark.parametrize("distort", [np.copy, np.exp, lambda value: -(value**3)])
def test_monotone_code_knows_a_continuous_factor_entirely(distort):
    factor = np.random.default_rng(1).uniform(-3, 3, size=1003)

    assert share_of(distort(factor), factor) == pytest.approx(1.0, abs=0.01)


def test_continuous_factor_knows_itself_entirely():
    factor = np.random.default_rng(5).normal(size=777)

    assert share_of(factor, factor) == 1.0


def test_outlier_does_not_blur_the_rest():
    factor = np.random.default_rng(2).uniform(size=1000)
    code = factor.copy()
    code[7] = 1e6

    assert share_of(code, factor) > 0.95


def test_half_of_a_continuous_factor_takes_93_percent_of_its_variance():
    random = np.random.default_rng(3)
    factor = random.uniform(-np.sqrt(3), np.sqrt(3), size=20000)
    noise = random.normal(scale=np.sqrt(1 / 0.93 - 1), size=20000)

    assert share_of(factor + noise, factor) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("picture_count", [1000, 4000])
def test_information_of_chance_is_what_the_module_says(picture_count):
    codes, factors = np.random.default_rng(4).normal(size=(2, picture_count, 6))

    bias = 9 * 9 / (2 * picture_count)
    information = mutual_information(codes, factors).mean()
    assert information == pytest.approx(bias, rel=0.15)


def test_constant_code_and_constant_factor_share_nothing():
    ramp, constant = np.arange(30.0), np.full(30, 7.0)

    assert share_of(constant, ramp) == 0
    assert share_of(ramp, constant) == 0


def test_few_values_stay_and_many_are_cut_into_equal_counts():
    assert to_levels(np.array([5.0, -1.0, 5.0, 40.0])).tolist() == [1, 0, 1, 2]
    assert np.bincount(to_levels(np.arange(60.0) ** 2)).tolist() == [6] * 10


def test_owners_name_the_best_dimension_and_its_rival():
    codes = np.column_stack([BITS.all(axis=1), np.zeros(4), BITS[:, 0]])

    slant, width = factor_owners(shares_of(codes, BITS), ["slant", "width"])

    assert (slant["factor"], width["factor"]) == ("slant", "width")
    assert (slant["dimension"], slant["second_dimension"]) == (2, 0)
    assert slant["score"] == pytest.approx(1)
    assert slant["gap"] == pytest.approx(1 - BIT_OF_AND)
    assert slant["is_owned"] is True
    assert width["dimension"] == 0
    assert width["score"] == width["gap"] == pytest.approx(BIT_OF_AND)
    assert width["is_owned"] is False


@pytest.mark.parametrize(
    ("shares", "is_owned"),
    [([0.51, 0.2], True), ([0.5, 0.0], False), ([0.9, 0.61], False)],
)
def test_owner_needs_both_the_score_and_the_gap(shares, is_owned):
    (owner,) = factor_owners(np.transpose([shares]), ["slant"])
    assert owner["is_owned"] is is_owned


def test_single_dimension_has_no_rival():
    (owner,) = factor_owners(np.ones((1, 1)), ["slant"])

    assert (owner["second_dimension"], owner["second_score"]) == (None, 0.0)
    assert owner["gap"] == pytest.approx(1)


def test_every_factor_needs_a_name():
    with pytest.raises(ValueError):
        factor_owners(np.ones((2, 2)), ["slant"])
