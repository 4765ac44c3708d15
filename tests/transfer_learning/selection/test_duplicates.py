import itertools

import numpy as np
import pytest

from tests.transfer_learning.tiny_filters import draw_photo

pytest.importorskip(
    "imagehash", reason="needs `pip install -r transfer_learning/requirements.txt`"
)

from mistakes import Mishap  # noqa: E402
from transfer_learning.selection.duplicates import (  # noqa: E402
    MOST_BITS,
    SURE_BITS,
    find_groups,
    largest_alone,
    near_pairs,
    perceptual_hash,
    read_hashes,
)


def with_flipped(value, bits, generator):
    for bit in generator.choice(64, bits, replace=False):
        value ^= 1 << int(bit)
    return value


def test_every_pair_of_up_to_six_bits_is_found_and_most_of_ten():
    generator = np.random.default_rng(0)
    hashes = [int(n) for n in generator.integers(0, 2**64, 200, np.uint64)]
    hashes += [
        with_flipped(hashes[place], place % 13, generator) for place in range(200)
    ]
    hashes = np.array(hashes, np.uint64)
    found = {}
    for pairs, bits in near_pairs(hashes):
        pairs = map(tuple, pairs.tolist())
        found |= dict(zip(pairs, bits.tolist(), strict=True))
    expected = {}
    for pair in itertools.combinations(range(len(hashes)), 2):
        bits = int(hashes[pair[0]] ^ hashes[pair[1]]).bit_count()
        if bits <= MOST_BITS:
            expected[pair] = bits
    assert found.items() <= expected.items()
    missed = [bits for pair, bits in expected.items() if pair not in found]
    assert not missed or min(missed) > 6
    assert len(missed) < 0.1 * len(expected)


def test_a_group_is_all_that_is_joined_and_the_trunk_settles_the_rest():
    # Of the second hash: 2, 3 and 5 bits away, then one like the first, then another.
    hashes = [0, 0b11, 0b11111, 0b1111111111, 0, 2**64 - 1]
    features = {0: (1, 0), 1: (1, 0), 2: (1, 0), 3: (0, 1)}
    asked = []

    def features_of(sources):
        asked.extend(sources)
        return np.array([features[source] for source in sources], float)

    groups = find_groups(np.array(hashes, np.uint64), range(6), features_of)
    assert groups[0] == groups[1] == groups[2] == groups[4]
    assert len(set(groups.tolist())) == 3
    # What is sure needs no second look.
    assert 5 not in asked and 3 in asked


def test_the_same_hash_many_times_is_one_group():
    groups = find_groups(np.zeros(50_000, np.uint64), range(50_000), None)
    assert not groups.any()


def test_copies_are_near_and_other_photos_are_far(tmp_path):
    photo = draw_photo(0, 240, 200, (15, 15))
    photo.save(tmp_path / "a.jpg")
    photo.resize((120, 100)).save(tmp_path / "b.jpg", quality=50)
    draw_photo(1, 240, 200, (15, 15)).save(tmp_path / "c.jpg")
    a, b, c = map(int, read_hashes([tmp_path / f"{name}.jpg" for name in "abc"]))
    assert (a ^ b).bit_count() <= SURE_BITS
    assert (a ^ c).bit_count() > MOST_BITS
    assert (a ^ perceptual_hash(photo)).bit_count() <= SURE_BITS
    with pytest.raises(Mishap, match="d.jpg"):
        read_hashes([tmp_path / "d.jpg"])


def test_the_largest_stays_and_names_its_group():
    sizes = {"a": (4, 4), "b": (5, 4), "c": (9, 9), "d": (2, 2)}
    rows = [
        {"path": path, "verdict": "chosen", "reason": "", "width": w, "height": h}
        for path, (w, h) in sizes.items()
    ]
    settled = largest_alone(rows, np.array([0, 0, 2, 0]))
    assert {path: row["verdict"] for path, row in settled.items()} == {
        "a": "rejected", "b": "chosen", "d": "rejected",
    }  # fmt: skip
    assert {row["group"] for row in settled.values()} == {"b"}
