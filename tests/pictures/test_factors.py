"""Reading a folder's factors: what is kept, what is dropped, what is refused."""

from types import SimpleNamespace

import numpy as np
import pytest

from latents import information
from mistakes import UserMistake
from pictures import factors
from pictures.factors import read_factors, read_known_factors


@pytest.fixture
def table(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "factors.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def refusal(path):
    with pytest.raises(UserMistake) as caught:
        read_factors(path)
    message = str(caught.value)
    assert "factors.csv" in message
    assert "\n" not in message
    return message


def test_numbers_stay_and_words_are_numbered_in_alphabetical_order(table):
    names, rows, words = read_factors(
        table(
            "file,slant,style\na.png,1.5,tudor\nsub/b.png,-2,baroque\nc.png,3e1,tudor"
        )
    )

    assert names == ["slant", "style"]
    assert rows == {"a.png": (1.5, 1), "sub/b.png": (-2, 0), "c.png": (30, 1)}
    assert words == {"style": ["baroque", "tudor"]}


def test_empty_cells_are_unknown_and_no_word(table):
    names, rows, words = read_factors(
        table("file,slant,style\na.png,1.5,\nb.png,,tudor\nc.png,3,baroque\n")
    )

    assert names == ["slant", "style"]
    np.testing.assert_array_equal(rows["a.png"], (1.5, np.nan))
    np.testing.assert_array_equal(rows["b.png"], (np.nan, 1))
    assert rows["c.png"] == (3, 0)
    assert words == {"style": ["baroque", "tudor"]}


def test_tables_of_a_spreadsheet_are_read(table):
    text = '"picture, file",style\r\n"a, b.png", gothic \r\n\r\nc.png,"bur""g"\r\n,\r\n'

    names, rows, _ = read_factors(table(text, encoding="utf-8-sig"))

    assert names == ["style"]
    assert rows == {"a, b.png": (1,), "c.png": (0,)}


def test_columns_that_say_nothing_are_dropped(table):
    rows = "\n".join(
        f"{n}.png,{n},stone,7,row {n % 20},house {n:02}" for n in range(21)
    )

    names, rows, _ = read_factors(table("file,slant,wall,sides,street,title\n" + rows))

    assert names == ["slant", "street"]
    assert len(rows["0.png"]) == 2


def test_words_with_an_order_are_numbers(table):
    names, rows, words = read_factors(
        table("file,size (small < medium<large)\na,large\nb,\nc,small\n")
    )
    assert names == ["size"]
    assert (rows["a"], rows["c"]) == ((3.0,), (1.0,))
    assert np.isnan(rows["b"])
    assert words == {}


def test_a_word_outside_its_order_is_named(table):
    with pytest.raises(UserMistake, match="'huge' is none of the words of the column"):
        read_factors(table("file,size (small < large)\na,small\nb,huge\n"))


def test_words_are_kept_as_long_as_they_count_as_classes():
    assert factors.WORD_LIMIT == information.CLASS_LIMIT


def test_table_without_a_telling_column_is_refused_with_the_reasons(table):
    rows = "\n".join(f"{n}.png,stone,7.0,house {n:02}" for n in range(21))

    message = refusal(table("file,wall,sides,title\n" + rows))

    assert message.endswith(
        "(wall: always stone; sides: always 7.0; "
        "title: 'house 00' is not a number, and 21 words are over 20)"
    )
    assert "wall: always 3" in refusal(table("file,wall\na.png,3\nb.png,3.0\n"))


@pytest.mark.parametrize("wrong", ["NaN", "-inf"])
def test_a_number_that_is_none_is_refused_with_its_place(table, wrong):
    message = refusal(table(f"file,slant,width\na.png,1,2\nb.png,3,{wrong}\n"))

    assert "line 3" in message
    assert "'width'" in message


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "0 rows"),
        ("file,slant\n,1\nb.png,2\n", "line 2: '' is no value for 'file'"),
        ("file,slant\na.png,1\nb.png,\n", "slant: always 1"),
        ("file,slant\n", "1 rows"),
        ("file;slant\na.png;1\n", "separated by commas"),
        ("file,slant\na.png,1,2\n", "line 2: 3 values for 2 columns"),
        ("file,slant\na.png,1\na.png,2\n", "file name 'a.png' appears twice"),
        ("file,slant,slant\na.png,1,2\nb.png,2,1\n", "column 'slant' appears twice"),
    ],
)
def test_what_is_not_such_a_table_is_refused(table, text, problem):
    assert problem in refusal(table(text))


def test_other_encodings_are_refused_with_the_cure(table):
    message = refusal(table("file,style\na.png,Schlößchen\n", encoding="latin-1"))

    assert "save it as UTF-8 CSV" in message


def test_rows_are_matched_with_the_pictures_of_a_split(table, tmp_path):
    table("file,width\nlate.png,1\nsub/b.png,2\na.png,3\n")
    names = ["a.png", "not described.png", "sub/b.png"]
    pictures = SimpleNamespace(
        folder=tmp_path, paths=[tmp_path / name for name in names]
    )

    known = read_known_factors(pictures)

    assert known.names == ["width"]
    assert known.indices == [0, 2]
    assert known.matrix.tolist() == [[3.0], [2.0]]
    assert known.complete().matrix.tolist() == [[3.0], [2.0]]


def test_a_picture_of_which_something_is_unknown_is_not_complete(table, tmp_path):
    table("file,width,slant\na.png,1,\nb.png,2,5\nc.png,3,6\n")
    paths = [tmp_path / name for name in ("a.png", "b.png", "c.png")]

    known = read_known_factors(SimpleNamespace(folder=tmp_path, paths=paths))

    assert known.indices == [0, 1, 2]
    assert known.complete().indices == [1, 2]
    assert known.complete().matrix.tolist() == [[2.0, 5.0], [3.0, 6.0]]


def test_no_table_is_no_mistake_but_one_of_other_pictures_is(table, tmp_path):
    pictures = SimpleNamespace(folder=tmp_path, paths=[tmp_path / "sub" / "a.png"])
    assert read_known_factors(pictures) is None
    table("file,width\na.png,1\nc.png,2\n")
    with pytest.raises(UserMistake, match="none of these 1 pictures, such as 'sub/"):
        read_known_factors(pictures)
