"""Each photo goes to one person, and each answer to the disk."""

import datetime
import time

import pytest

from mistakes import UserMistake
from transfer_learning.annotation.books import FactorsBook, LabelsBook
from transfer_learning.annotation.choice import REVIEW, Shown, drawn, in_order
from transfer_learning.annotation.desk import ABSENT_SECONDS, Desk
from transfer_learning.labels import read_answers, read_rows

PHOTOS = [f"{number:02}.jpg" for number in range(60)]


@pytest.fixture
def book(tmp_path):
    return LabelsBook(tmp_path / "labels.csv")


def numbers(handed):
    return [number for number, _ in handed]


def test_no_photo_goes_to_two_persons(book):
    desk = Desk(PHOTOS, book, drawn(PHOTOS))
    ada, bob = (desk.hand_out(person, 40) for person in ("ada", "bob"))
    assert (len(ada), len(bob)) == (40, 20)
    assert not set(numbers(ada)) & set(numbers(bob))
    # Whoever loads the page again gets the same ones.
    assert numbers(desk.hand_out("ada", 17)) == numbers(ada)[:17]


def test_answers_are_kept_and_their_photos_not_shown_again(book):
    desk = Desk(PHOTOS, book, drawn(PHOTOS))
    (first, _), (second, _), (third, _) = desk.hand_out("ada", 3)
    desk.take("ada", [(first, "yes"), (second, None)])
    assert [row["answer"] for row in read_rows(book.path)] == ["yes"]
    assert desk.answered_count == 1
    again = Desk(PHOTOS, LabelsBook(book.path), drawn(PHOTOS))
    assert first not in numbers(again.hand_out("bob", 60))
    assert not {first, second} & set(numbers(desk.hand_out("ada", 60)))
    assert desk.trail("ada") == [(first, "yes")]
    desk.take("ada", [(first, "")])
    assert desk.trail("ada") == []
    assert desk.answered_count == 0
    assert third in numbers(desk.hand_out("ada", 60))


def test_an_answer_that_is_changed_stays_one_drawn_at_random(book):
    desk = Desk(PHOTOS, book, drawn(PHOTOS))
    ((number, _),) = desk.hand_out("ada", 1)
    for answer in ("yes", "no"):
        desk.take("ada", [(number, answer)])
    assert [row["chosen"] for row in read_rows(book.path)] == ["random", "random"]
    assert book.answers[PHOTOS[number]] == "no"
    again = Desk(PHOTOS, LabelsBook(book.path), drawn(PHOTOS))
    again.take("ada", [(number, "yes")])
    assert [row["chosen"] for row in read_rows(book.path)][2:] == ["review"]
    assert read_answers(book.path)[PHOTOS[number]] == ("yes", True)


def test_what_is_taken_back_is_shown_to_nobody_else(book):
    desk = Desk(PHOTOS, book, drawn(PHOTOS))
    ((number, _),) = desk.hand_out("ada", 1)
    desk.take("ada", [(number, "yes")])
    desk.take("ada", [(number, "")])
    assert number not in numbers(desk.hand_out("bob", 60))
    assert numbers(desk.hand_out("ada", 1)) == [number]


def test_a_repetition_taken_back_leaves_the_first_answer(book):
    desk = Desk(PHOTOS, book, drawn(PHOTOS), repeated_share=0.2)
    shown = None
    while shown is None or shown.chosen != "repeat":
        ((number, shown),) = desk.hand_out("ada", 1)
        desk.take("ada", [(number, "no" if shown.chosen == "repeat" else "yes")])
    desk.take("ada", [(number, "")])
    assert book.answers[PHOTOS[number]] == "yes"
    assert book.agreement() == LabelsBook(book.path).agreement() == (None, 0)


def test_whoever_leaves_leaves_the_photos_to_others(book, monkeypatch):
    desk = Desk(PHOTOS, book, drawn(PHOTOS))
    desk.hand_out("ada", 60)
    assert desk.hand_out("bob", 1) == []
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + ABSENT_SECONDS + 1)
    assert len(desk.hand_out("bob", 60)) == 60


def test_an_empty_answer_does_not_come_back_at_once(tmp_path):
    for name in PHOTOS[:2]:
        (tmp_path / name).touch()
    book = FactorsBook(tmp_path, ["slant"])
    desk = Desk(PHOTOS[:2], book, drawn(PHOTOS[:2]))
    ((number, _),) = desk.hand_out("ada", 1)
    desk.take("ada", [(number, {"slant": ""})])
    assert numbers(desk.hand_out("ada", 2)) == [1 - number]


def test_labels_in_doubt_are_shown_although_they_have_an_answer(book):
    book.save([("05.jpg", "yes")], "ada", "random")
    desk = Desk(PHOTOS, book, in_order([Shown("05.jpg", REVIEW, "look again")]))
    assert numbers(desk.hand_out("ada", 2)) == [5]
    desk.take("ada", [(5, "no")])
    assert desk.hand_out("ada", 2) == []
    moment = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    assert LabelsBook(book.path).reviewed_since(moment) == {"05.jpg"}
    assert book.reviewed_since(moment.replace(year=2900)) == set()


def test_doubts_are_counted_and_not_all_photos(book):
    desk = Desk(
        PHOTOS, book, drawn(PHOTOS), doubtful=["05.jpg", "07.jpg"], reviewed=["07.jpg"]
    )
    assert (desk.answered_count, desk.total) == (1, 2)


def test_on_a_grid_a_filter_says_the_same_of_all(book):
    guesses = {photo: "yes" if photo < "30" else "no" for photo in PHOTOS[10:]}
    desk = Desk(PHOTOS, book, drawn(PHOTOS, guesses))
    page = desk.hand_out("ada", 24, is_same_guess=True)
    first = {shown.guess for _, shown in page}
    assert first in ({"yes"}, {"no"})
    desk.take("ada", [(number, shown.guess) for number, shown in page])
    while page := desk.hand_out("ada", 24, is_same_guess=True):
        assert len({shown.guess for _, shown in page}) == 1
        desk.take("ada", [(number, shown.guess) for number, shown in page])
    assert desk.answered_count == 50


def test_a_share_is_shown_twice_and_counts_once(book):
    desk = Desk(PHOTOS, book, drawn(PHOTOS), repeated_share=0.2)
    shown = []
    for _ in range(50):
        ((number, one),) = desk.hand_out("ada", 1)
        shown.append((number, one.chosen))
        desk.take("ada", [(number, "yes" if number % 2 else "no")])
    repeated = [number for number, chosen in shown if chosen == "repeat"]
    assert len(repeated) == len(set(repeated)) == 10
    for number in repeated:
        places = [place for place, pair in enumerate(shown) if pair[0] == number]
        assert places[1] - places[0] > 15
    assert desk.answered_count == 40
    assert book.agreement() == (1.0, 10)


def test_what_the_page_did_not_offer_is_refused(book):
    desk = Desk(PHOTOS, book, drawn(PHOTOS))
    for number in (-1, 60):
        with pytest.raises(UserMistake, match="there is no photo"):
            desk.take("ada", [(number, "yes")])
    for answer in ("maybe", {"slant": "1"}, 3):
        with pytest.raises(UserMistake, match="is no answer here"):
            desk.take("ada", [(0, answer)])
    assert read_rows(book.path) == []
