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
from pictures.walk import printable
from transfer_learning.selection.decisions import CHOSEN, ERROR, REJECTED, disagreement
from transfer_learning.selection.manifests import (
    ensemble_scores,
    of_verdict,
    score_columns,
    write_csv,
)

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
    captions = [_caption(number, row, counts) for number, row in enumerate(rows, 1)]
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet(tiles, min(COLUMNS, len(tiles)), captions=captions).save(path, quality=88)
    _write_list(path, rows, score_columns(counts))


def _caption(number, row, counts):
    ensembles = ensemble_scores(row, counts)
    # In percent: a tile is no wider.
    texts = [" ".join(f"{100 * score:.0f}" for score in own) for own in ensembles]
    return f"{number}: {' | '.join(texts)}"


def _write_list(sheet_path, rows, names):
    """Write beside a sheet which photo stands behind each number."""
    listed = [
        {"number": number, "path": row["path"]} | {name: row[name] for name in names}
        for number, row in enumerate(rows, start=1)
    ]
    write_csv(sheet_path.with_suffix(".csv"), listed, ["number", "path", *names])


def _write_error_sheet(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    line = np.zeros((1, ERROR_LINE_WIDTH, 3), np.uint8)
    captions = [
        f"{number}: {printable(row['path'])}: {row['error']}"[:140]
        for number, row in enumerate(rows, start=1)
    ]
    captions = [text.encode("ascii", "replace").decode() for text in captions]
    sheet([line] * len(rows), 1, captions=captions).save(path)
    _write_list(path, rows, ["error"])
