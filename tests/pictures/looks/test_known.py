"""Looks of the pictures of a split, as what is known of them."""

import numpy as np

from pictures.looks.known import look_factors
from pictures.looks.measures import measure_looks
from tests.grey_pictures import fill, read


def test_looks_of_spread_pictures_are_known(tmp_path):
    split = read(fill(tmp_path, 9))
    known = look_factors(split, most=3)
    assert known.indices == [0, 4, 8]
    names, looks = measure_looks(split.take([0, 4, 8]).read())
    for name, column in zip(known.names, known.matrix.T, strict=True):
        np.testing.assert_array_equal(column, looks[:, names.index(name)])
    # Grey pictures have no warmth to differ in.
    assert "brightness" in known.names and "warmth" not in known.names


def test_no_more_pictures_are_measured_than_there_are(tmp_path):
    assert look_factors(read(fill(tmp_path, 2)), most=100).indices == [0, 1]
