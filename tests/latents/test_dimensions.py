import math

import pytest

from latents.dimensions import (
    LatentDimension,
    active_dimensions,
    chance_share,
    rank_dimensions,
)

LATENTS = {
    "picture_count": 2000,
    "kl_per_dimension": [0.5, 0.001, 2.0],
    "factor_names": ["roof_slant", "gate_width"],
    "normalized_mutual_information": [[0.1, 0.4], [0.03, 0.02], [0.6, 0.2]],
}


def test_dimensions_come_by_information_with_the_factor_each_knows_best():
    assert rank_dimensions(LATENTS) == [
        LatentDimension(2, 2.0, "roof_slant", 0.6),
        LatentDimension(0, 0.5, "gate_width", 0.4),
        LatentDimension(1, 0.001, None, 0.0),
    ]


def test_told_dimensions_come_first_under_their_names():
    told = {**LATENTS, "told": ["gate_width", "tree_size"]}
    ranked = rank_dimensions(told)
    assert [dimension.number for dimension in ranked] == [0, 1, 2]
    assert [dimension.name for dimension in ranked] == ["gate width", "tree size", "z2"]
    # Shown though it tells nothing: what was told is looked for.
    shown = active_dimensions(told, most=1)
    assert [dimension.number for dimension in shown] == [0, 1]


def test_what_chance_may_show_is_not_named():
    # 9 * 9 / (2 * 2000) nats of ln 10.
    assert chance_share(2000) == pytest.approx(0.02025 / math.log(10))
    # 0.35 and 0.05 more are what 50 pictures need.
    few = {**LATENTS, "picture_count": 50}
    assert [dimension.factor for dimension in rank_dimensions(few)] == [
        "roof_slant",
        None,
        None,
    ]


def test_without_factors_dimensions_have_no_meaning():
    (most, *_) = rank_dimensions({"picture_count": 9, "kl_per_dimension": [1.0, 3.0]})
    assert most == LatentDimension(1, 3.0)
    assert (most.name, most.meaning) == ("z1", "")


def test_names_are_in_words():
    first = rank_dimensions(LATENTS)[0]
    assert (first.name, first.meaning) == ("z2", "roof slant 0.60")


def test_dimensions_that_tell_nothing_are_left_out_unless_all_do():
    def numbers(latents, most):
        return [dimension.number for dimension in active_dimensions(latents, most)]

    assert numbers(LATENTS, most=5) == [2, 0]
    assert numbers(LATENTS, most=1) == [2]
    collapsed = {**LATENTS, "kl_per_dimension": [0.0, 0.002, 0.001]}
    assert numbers(collapsed, most=5) == [1]
