"""The six published filters: fetched once, converted once, kept as .keras files.

Source: https://zenodo.org/records/5715671
"""

import shutil

from downloads.zenodo import Record, fetch_record_file
from transfer_learning.filters.traits import Traits

RECORD = Record(5715671)
ENSEMBLES = (
    ("FirstPass_D_1", "FirstPass_D_2", "FirstPass_D_3"),
    ("SecondPass_D_1", "SecondPass_D_2", "SecondPass_D_3"),
)
TRAITS = Traits(
    task="published",
    positive="yes",
    negative="no",
    threshold=0.9,
    side=300,
    resize="nearest",
)
# An archive holds one DenseNet201, its dense layers and an optimizer: about 1 GB.
MOST_BYTES_UNPACKED = 4_000_000_000


def fetch_published_filters(folder):
    """Return the paths of the six filters, three for each of the two ensembles.

    Filters that `folder` holds already are not fetched again.

    Raises:
        DownloadError: the archives cannot be had, are damaged or hold no such filter.
    """
    return [[_fetch_filter(name, folder) for name in names] for names in ENSEMBLES]


def _fetch_filter(name, folder):
    path = folder / f"{name}.keras"
    if path.is_file():
        return path
    # Needed at the first run only: later ones find the filters converted.
    from downloads.archives import unpack_zip
    from downloads.http import DownloadError
    from transfer_learning.filters.network import save_filter
    from transfer_learning.filters.saved_models import NotAFilter, convert_saved_model

    archive = fetch_record_file(RECORD, f"{name}.zip", folder / f"{name}.zip")
    unpacked = unpack_zip(archive, folder / f"{name}.unpacked", MOST_BYTES_UNPACKED)
    try:
        model = convert_saved_model(unpacked, side=TRAITS.side)
        save_filter(model, TRAITS, path)
    except NotAFilter as error:
        raise DownloadError(f"{archive}: {error}") from error
    finally:
        shutil.rmtree(unpacked)
    archive.unlink()
    return path
