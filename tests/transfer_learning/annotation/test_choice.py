"""Which photo comes next, and why."""

import numpy as np
import pytest

from mistakes import UserMistake
from transfer_learning.annotation.choice import (
    Learner,
    Shown,
    at_random,
    in_order,
    least_sure,
    mixed,
    read_doubtful,
    to_review,
)
from transfer_learning.selection.decisions import Jury, margin_of

PHOTOS = [f"{number:03}.jpg" for number in range(400)]


def all_of(choose, count):
    """Return what is shown if each photo is answered at once."""
    seen, shown = set(), []
    for _ in range(count):
        shown.append(choose(lambda one: one.photo not in seen))
        seen.add(shown[-1].photo)
    return shown


def test_chance_keeps_its_order_when_photos_are_added():
    order = at_random(PHOTOS)
    assert sorted(order) == PHOTOS != order
    assert [photo for photo in order if photo < "200"] == at_random(PHOTOS[:200])


def test_choosers_take_turns_until_they_have_none():
    one = in_order([Shown(name, "x", "") for name in "ab"])
    other = in_order([Shown(name, "x", "") for name in "cdef"])
    shown = "".join(item.photo for item in all_of(mixed(one, other), 6))
    assert shown == "acbdef"
    assert mixed(one, other)(lambda shown: False) is None


def test_a_margin_is_read_back_from_what_a_jury_says():
    jury = Jury((2, 1), (0.9, 0.5), "all")
    chosen, rejected = ([0.95, 0.93], [0.6]), ([0.95, 0.93], [0.1])
    for scores in (chosen, rejected):
        _, reason = jury.decide(scores)
        assert margin_of(reason) == pytest.approx(jury.margin(scores))
    assert margin_of("its shorter side has 3 pixels, fewer than 9") == np.inf


def test_what_was_decided_narrowly_is_mixed_with_chance(tmp_path):
    manifest = tmp_path / "manifest.csv"
    lines = ["path,verdict,reason"]
    for number, photo in enumerate(PHOTOS):
        verdict = ("rejected", "ensemble 1: all 0.1 <= 0.9")
        if number < 50:
            verdict = ("chosen", "ensemble 1: all 0.91 > 0.9")
        lines.append(",".join((photo, *verdict)))
    manifest.write_text("\n".join([*lines, "gone.jpg,error,"]))
    shown = all_of(least_sure(manifest, PHOTOS), 40)
    assert [one.chosen for one in shown[:4]] == ["random", "uncertain"] * 2
    assert {one.guess for one in shown} == {"yes", "no"}
    with pytest.raises(UserMistake, match="decides on none"):
        least_sure(manifest, ["other.jpg"])


def test_doubtful_labels_are_shown_as_they_are_ranked(tmp_path):
    path = tmp_path / "label_issues.csv"
    path.write_text("photo,label\nb,yes\na,no\n")
    photos = read_doubtful(path)
    assert [one.photo for one in all_of(to_review(photos), 2)] == ["b", "a"]
    path.write_text("path,label\nb,yes\n")
    with pytest.raises(UserMistake, match="no column 'photo'"):
        read_doubtful(path)


@pytest.fixture
def learner():
    """A model of 400 photos on a line, yes above 0, of which one answer is wrong."""
    place = dict(zip(PHOTOS, np.linspace(-1, 1, 400), strict=True))
    answers = {
        photo: "yes" if value > 0 else "no"
        for photo, value in place.items()
        if photo[2] in "05" and abs(value) > 0.3
    }
    answers["000.jpg"] = "yes"

    def look_at(photos):
        features = np.array([(place[photo], 1.0) for photo in photos])
        return features, np.zeros(len(photos))

    learner = Learner(PHOTOS, look_at, answers)
    learner.place = place
    learner.look()
    return learner


def test_a_model_shows_what_it_is_least_sure_of_and_what_it_doubts(learner):
    shown = all_of(lambda is_free: learner(is_free), 8)
    kinds = [one.chosen for one in shown]
    assert kinds[:4] == ["random", "uncertain", "random", "review"]
    assert shown[3].photo == "000.jpg"
    unsure = [one for one in shown if one.chosen == "uncertain"]
    assert all(abs(learner.place[one.photo]) < 0.3 for one in unsure)
    assert all(one.guess for one in shown if one.chosen != "review")


@pytest.mark.parametrize("answered", [0, 100])
def test_without_answers_of_both_kinds_the_filters_stand_for_the_model(answered):
    answers = {photo: "yes" for photo in PHOTOS[:answered]}

    def look_at(photos):
        return np.ones((len(photos), 2)), np.array(
            [int(one[:3]) for one in photos]
        ) / 400

    learner = Learner(PHOTOS, look_at, answers)
    assert learner(lambda one: True).guess == ""
    learner.look()
    shown = learner(lambda one: True)
    assert (shown.photo, shown.chosen) == ("200.jpg", "uncertain")
    guesses = {learner(lambda one: one.photo > "300").guess for _ in range(8)}
    assert guesses == {"yes"}
