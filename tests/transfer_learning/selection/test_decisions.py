import pytest

from transfer_learning.selection.decisions import (
    CHOSEN,
    REJECTED,
    RULES,
    Jury,
    disagreement,
)


@pytest.mark.parametrize(
    ("rule", "expected"), [("all", 0.2), ("mean", 0.6), ("majority", 0.7)]
)
def test_each_rule_is_one_number(rule, expected):
    assert RULES[rule]([0.9, 0.2, 0.7]) == pytest.approx(expected)


def test_majority_of_two_needs_both():
    assert RULES["majority"]([0.95, 0.1]) == 0.1


def test_majority_of_four_needs_three():
    assert RULES["majority"]([0.9, 0.8, 0.7, 0.1]) == 0.7


def test_a_score_equal_to_the_threshold_is_rejected():
    jury = Jury((3,), (0.9,), "all")
    assert jury.decide([[0.9, 0.95, 0.99]])[0] == REJECTED
    assert jury.decide([[0.91, 0.95, 0.99]])[0] == CHOSEN


def test_second_ensemble_counts_only_for_what_the_first_kept():
    jury = Jury((1, 1), (0.5, 0.5), "all")
    verdict, reason = jury.decide([[0.1], [0.0]])
    assert (verdict, reason) == (REJECTED, "ensemble 1: all 0.100000 <= 0.5")
    verdict, reason = jury.decide([[0.8], [0.2]])
    assert (verdict, reason) == (REJECTED, "ensemble 2: all 0.200000 <= 0.5")
    assert jury.decide([[0.8], [0.7]])[0] == CHOSEN


def test_margin_is_that_of_the_deciding_ensemble():
    jury = Jury((1, 1), (0.5, 0.5), "all")
    assert jury.margin([[0.9], [0.45]]) == pytest.approx(0.05)
    assert jury.margin([[0.3], [0.49]]) == pytest.approx(0.2)
    assert jury.margin([[0.9], [0.6]]) == pytest.approx(0.1)


def test_disagreement_is_within_an_ensemble():
    assert disagreement([[0.1, 0.3], [0.9, 0.95]]) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((300, 199), "its shorter side has 199 pixels, fewer than 200"),
        ((200, 601), "200 x 601 is longer than 3 to 1"),
        ((200, 600), ""),
    ],
)
def test_a_shape_is_refused_in_words(shape, words):
    assert Jury((1,), (0.5,), "all", 200, 3).refusal(*shape) == words
    assert Jury((1,), (0.5,), "all").refusal(*shape) == ""


def test_a_jury_says_what_it_asks_for():
    words = str(Jury((3, 2), (0.9, 0.85), "mean"))
    assert words == "3 filters above 0.9, then 2 filters above 0.85 (rule mean)"
