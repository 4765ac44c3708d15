"""Contact sheets: what the filters chose, rejected, doubted and could not read.

The manifest is read row by row, once for each sheet, so that millions of rows need no
memory.
"""

import hashlib
import heapq
import io

import numpy as np

from pictures.files import UnreadablePicture, read_square
from pictures.sheets import sheet
from transfer_learning.selection.decisions import CHOSEN, ERROR, REJECTED, disagreement
from transfer_learning.selection.manifests import ensemble_scores, of_verdict

TILE_SIDE = 176
COLUMNS = 8
PHOTOS_PER_SHEET = 48
ERROR_LINE_WIDTH = 900


def write_sheets(read_rows, source_of, folder, jury):
    """Write the sheets of a manifest as pictures; one without photos is left out.

    Args:
        read_rows: function that returns the rows of the manifest from the first on.
        source_of: function of the path in a row that returns the photo's own path, or
            its bytes; one that is gone is shown as a grey tile.
        folder: where the sheets go.
        jury: the `Jury` of the run.
    """
    counts = jury.member_counts

    def by_doubt(row):
        return jury.margin(ensemble_scores(row, counts))

    def by_agreement(row):
        return -disagreement(ensemble_scores(row, counts))

    scored = (CHOSEN, REJECTED)
    for name, shown, order in (
        ("chosen", [CHOSEN], _random_order),
        ("rejected", [REJECTED], _random_order),
        ("borderline", scored, by_doubt),
        ("disagreement", scored, by_agreement),
    ):
        rows = of_verdict(read_rows(), *shown)
        rows = heapq.nsmallest(PHOTOS_PER_SHEET, rows, key=order)
        if rows:
            _write_sheet(folder / f"{name}.jpg", rows, source_of, counts)
    rows = draw_at_random(of_verdict(read_rows(), ERROR), PHOTOS_PER_SHEET)
    if rows:
        _write_error_sheet(folder / "errors.png", rows)


def draw_at_random(rows, count, salt=""):
    """Return `count` rows drawn at random, the same ones at each call.

    The order is that of checksums of the paths: it knows neither scores nor folders.
    """
    return heapq.nsmallest(count, rows, key=lambda row: _random_order(row, salt))


def _random_order(row, salt=""):
    text = salt + row["path"]
    return hashlib.sha1(text.encode("utf-8", "surrogateescape")).digest()


def read_tile(source):
    """Return a photo as uint8 `(176, 176, 3)`; grey if it cannot be read."""
    try:
        source = io.BytesIO(source) if isinstance(source, bytes) else source
        return read_square(source, TILE_SIDE)
    except UnreadablePicture:
        return np.full((TILE_SIDE, TILE_SIDE, 3), 90, np.uint8)


def _write_sheet(path, rows, source_of, counts):
    tiles = [read_tile(source_of(row["path"])) for row in rows]
    captions = [_caption(row, counts) for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet(tiles, min(COLUMNS, len(tiles)), captions=captions).save(path, quality=88)


def _caption(row, counts):
    ensembles = ensemble_scores(row, counts)
    return " | ".join(" ".join(f"{s:.2f}" for s in scores) for scores in ensembles)


def _write_error_sheet(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    line = np.zeros((1, ERROR_LINE_WIDTH, 3), np.uint8)
    captions = [f"{row['path']}: {row['error']}"[:140] for row in rows]
    captions = [text.encode("ascii", "replace").decode() for text in captions]
    sheet([line] * len(rows), 1, captions=captions).save(path)
