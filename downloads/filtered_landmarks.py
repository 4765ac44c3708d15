"""The author's filtered pictures of architecture, fetched from Zenodo.

Owns which archives make up a set and where they go. How a file is fetched is
left to `zenodo.py`, how it is unpacked to `archives.py`, and how pictures are found in
the folders to `data.py`.
"""

from pathlib import Path

from downloads.archives import unpack_zip
from downloads.http import DownloadError
from downloads.zenodo import ZENODO, Record, fetch_record_file

# Chosen from Google Landmarks v2 by the filters of transfer_learning/, four records:
# https://zenodo.org/records/5655491 5676514 5654571 5655436
TRAIN = {
    128: (5655491, ("reduced_128.zip",)),
    256: (5676514, tuple(f"red_256_part_{part}.zip.zip" for part in range(1, 6))),
}
VALIDATION = (5654571, ("validation.zip",))
TEST = (5655436, ("test.zip",))

# An archive holds about 1 GB of JPEGs, which a zip cannot make much smaller.
MAX_UNPACKED_BYTES = 10 * 10**9


def fetch_landmarks(img_dim, datasets, base_url=ZENODO) -> Path:
    """Return the folder of the set for `img_dim` pixels, fetched at first use.

    It holds `train`, `validation` and `test`. Each appears whole, with one folder for
    each of its archives, and is not looked at again; inside, folders are left as they
    were packed. An interrupted call is continued by the next.

    An archive that stands in `<datasets>/archives` is used, and kept: it was put there
    by hand. One that is downloaded is removed once it is unpacked, to save the
    gigabytes. A split gathers in `<split>.partial`, whose content is ours alone; it is
    no `files.whole_folder`, which starts anew, since it takes hours.

    Raises:
        DownloadError: if an archive cannot be had.
    """
    side = 128 if img_dim <= 128 else 256
    datasets = Path(datasets)
    folder = datasets / f"landmarks_{side}"
    splits = {"train": TRAIN[side], "validation": VALIDATION, "test": TEST}
    for split, (number, names) in splits.items():
        if not (folder / split).is_dir():
            partial = folder / f"{split}.partial"
            record = Record(number, base_url)
            _fetch_archives(record, names, partial, datasets / "archives")
            partial.rename(folder / split)
    return folder


def _fetch_archives(record, names, partial, by_hand):
    """Fetch and unpack every archive of a record into a folder of its own."""
    for name in names:
        pictures = partial / name.partition(".")[0]
        fetched = partial / name
        if not pictures.is_dir():
            archive = by_hand / name
            if not archive.is_file():
                _fetch_archive(record, name, fetched, by_hand)
                archive = fetched
            # A `.zip.zip` was packed twice.
            unpack_zip(archive, pictures, MAX_UNPACKED_BYTES, nested=True)
        fetched.unlink(missing_ok=True)


def _fetch_archive(record, name, to, by_hand):
    try:
        if not to.is_file():
            fetch_record_file(record, name, to, needs_md5=False)
    except DownloadError as error:
        raise DownloadError(
            f"{error} Or put the file of {record.file_url(name)} into {by_hand} "
            f"by hand, or train on the embedded castles: --dataset castles"
        ) from error
