"""Answers end up where the suites read them, and nothing else there changes."""

import os

import pytest

from mistakes import UserMistake
from pictures.factors import read_factors
from transfer_learning.annotation.books import AuditBook, FactorsBook, LabelsBook

ODD = os.fsdecode(b"caf\xe9,\n.jpg")


def test_labels_of_an_earlier_sitting_are_known(tmp_path):
    book = LabelsBook(tmp_path / "labels.csv")
    book.save([("a", "yes"), (ODD, "no")], "ada", "random")
    book.save([("b", "yes")], "bob", "uncertain")
    book.save([("a", "")], "ada", "review")
    again = LabelsBook(tmp_path / "labels.csv")
    assert again.answers == book.answers == {"a": "", ODD: "no", "b": "yes"}
    assert again.trail("ada") == [ODD]


def test_agreement_is_kappa_by_hand(tmp_path):
    book = LabelsBook(tmp_path / "labels.csv")
    first = {"a": "yes", "b": "yes", "c": "no", "d": "no", "e": "unsure"}
    book.save(first.items(), "ada", "random")
    assert book.agreement() == (None, 0)
    again = {"a": "yes", "b": "no", "c": "no", "d": "no", "e": "yes"}
    book.save(list(again.items()), "bob", "repeat")
    # Three of four agree; by chance (1/2 * 1/4 + 1/2 * 3/4) = 1/2 would.
    kappa, count = book.agreement()
    assert (round(kappa, 12), count) == (0.5, 4)
    assert book.answers["b"] == "yes"


def test_factors_are_those_that_the_main_job_reads(tmp_path):
    path = tmp_path / "factors.csv"
    path.write_text("picture,style\na.jpg,tudor\nb.jpg,baroque\n")
    book = FactorsBook(tmp_path, ["towers", "slant"])
    book.save([("a.jpg", {"towers": "2", "slant": "5"})], "ada", "random")
    book.save([("c.jpg", {"towers": "3", "slant": ""})], "ada", "random")
    book = FactorsBook(tmp_path, ["towers", "slant"])
    assert book.trail("ada") == ["a.jpg", "c.jpg"]
    book.save([("a.jpg", {"towers": "4"})], "ada", "review")
    names, rows, _ = read_factors(path)
    assert names == ["style", "towers"]
    assert rows["a.jpg"] == (1.0, 4.0)
    assert str(rows["c.jpg"]) == "(nan, 3.0)"
    book.save([("a.jpg", "")], "ada", "review")
    assert book.trail("ada") == ["c.jpg"]


def test_an_audit_is_filled_in(tmp_path):
    path = tmp_path / "audit.csv"
    path.write_text("number,path,judgement\n1,a.jpg,\n2,b.jpg,n\n3,c.jpg,\n")
    book = AuditBook(path)
    assert book.answers == {"a.jpg": "", "b.jpg": "no", "c.jpg": ""}
    book.save([("a.jpg", "yes")], "ada", "random")
    book.save([("c.jpg", "unsure")], "ada", "random")
    assert path.read_text().split() == [
        "number,path,judgement", "1,a.jpg,y", "2,b.jpg,n", "3,c.jpg,"
    ]  # fmt: skip


def test_another_table_is_no_audit(tmp_path):
    with pytest.raises(UserMistake, match=r"is not an audit.csv"):
        AuditBook(tmp_path / "audit.csv")
