import numpy as np
import pytest

from mistakes import UserMistake

pytest.importorskip(
    "imagehash", reason="needs `pip install -r transfer_learning/requirements.txt`"
)

from transfer_learning.fine_tuning.parts import check_leaks, find_leaks  # noqa: E402
from transfer_learning.photos.labelled import LabelledPhotos  # noqa: E402
from transfer_learning.selection.manifests import read_csv  # noqa: E402


def photos_of(names, labels, hashes):
    count = len(names)
    hashes = np.array(hashes, np.uint64)
    return LabelledPhotos(names, np.array(labels), [""] * count, hashes, names)


def test_photos_that_look_alike_in_two_parts_or_classes_are_named(tmp_path, capsys):
    far = 2**64 - 1
    parts = {
        # b is like d in another part, c like e of another class, f like g in both.
        "train": photos_of(
            ["a", "b", "c", "e"], [0, 0, 0, 1], [255 << 32, 0, far, far ^ 3]
        ),
        "test": photos_of(
            ["d", "f", "g"], [0, 1, 1], [3, 5 << 60 | 255, 5 << 60 | 254]
        ),
    }
    leaks = find_leaks(parts, features_of=lambda names: np.eye(len(names)))
    assert {row["photo"]: row["looks_like"] for row in leaks} == {
        "b": "b", "d": "b", "c": "c", "e": "c",
    }  # fmt: skip
    path = tmp_path / "leaks.csv"
    with pytest.raises(
        UserMistake, match="4 photos look like .* b and d.*--allow-leaks"
    ):
        check_leaks(path, leaks, are_allowed=False)
    assert [row["photo"] for row in read_csv(path)] == ["b", "d", "c", "e"]
    check_leaks(path, leaks, are_allowed=True)
    assert "too good to be true" in capsys.readouterr().out
    # Once they are gone, so are their names.
    check_leaks(path, [], are_allowed=False)
    assert not list(read_csv(path))
