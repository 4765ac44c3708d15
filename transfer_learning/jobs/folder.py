"""The job of filtering a folder of photos, cut into units of work.

Owns the listing, which freezes the order of the photos: an interrupted run, given
again, writes the manifest that an uninterrupted one would have written.
"""

import collections
import dataclasses
import json
from pathlib import Path

from mistakes import reason_of
from pictures.walk import printable, walk
from transfer_learning.selection.collection import place
from transfer_learning.selection.contact_sheets import write_sheets
from transfer_learning.selection.decisions import CHOSEN
from transfer_learning.selection.manifests import (
    of_verdict,
    read_csv,
    write_csv,
    write_manifest,
)
from transfer_learning.selection.run_record import part_path, write_json

# What a kill costs at most: some seconds on a GPU, a minute on a small machine.
PHOTOS_PER_UNIT = 256
# Among so many, spread over the collection, large ones are tried at reduced size.
PHOTOS_LOOKED_AT = 200
LISTING_COLUMNS = ("unit", "path", "stamp")


@dataclasses.dataclass(frozen=True)
class FolderJob:
    """Plain values; `run` does one unit and can be called anywhere."""

    photos: Path  # the folder
    record: Path  # the folder that holds everything the run writes but the photos
    chosen: Path  # the folder of the chosen photos
    how: str  # they get there, one of HOWS
    decoding_bound: float  # what reduced-size decoding may change of a score
    is_reduced: bool = False

    def units(self):
        """Return the names of all units and their photos, and what was passed over.

        A photo is a pair of path and stamp. New ones come at the end, and so do those
        that were replaced. One that is gone stays in a unit that is done, and is
        forgotten by one that is not: if it comes back, it is new.

        What was passed over is a `Found` without paths.
        """
        found = walk(self.photos, apart_from=(self.chosen, self.record))
        stamps = {
            path.relative_to(self.photos).as_posix(): _stamp(path)
            for path in found.paths
        }
        units = {}
        for row in self._listed():
            unit, path, stamp = row["unit"], row["path"], row["stamp"]
            photos = units.setdefault(unit, [])
            is_gone = path not in stamps
            if stamps.get(path) == stamp or (is_gone and self._is_done(unit)):
                photos.append((path, stamp))
        known = {path for photos in units.values() for path, _ in photos}
        new = [photo for photo in stamps.items() if photo[0] not in known]
        for start in range(0, len(new), PHOTOS_PER_UNIT):
            units[f"photos_{len(units):06}"] = new[start : start + PHOTOS_PER_UNIT]
        return units, found._replace(paths=[])

    def _listed(self):
        return read_csv(self._listing) if self._listing.is_file() else iter(())

    @property
    def _listing(self):
        return self.record / "listing.csv"

    def _is_done(self, unit):
        return part_path(self.record, unit).is_file()

    def begin(self, units, scorer, jury):
        """Keep the listing; return the job to be run, and a line on the decoding.

        Whether photos are decoded at reduced size is measured once and kept: every unit
        is to be read alike.
        """
        # Before the listing, which tells of the replaced until they are forgotten.
        self._forget_replaced(units, jury.member_counts)
        listing = [(name, *photo) for name, unit in units.items() for photo in unit]
        rows = (dict(zip(LISTING_COLUMNS, photo, strict=True)) for photo in listing)
        write_csv(self._listing, rows, LISTING_COLUMNS)
        decision = self.record / "decoding.json"
        if not decision.is_file():
            step = max(1, len(listing) // PHOTOS_LOOKED_AT)
            sample = [self.photos / path for _, path, _ in listing[::step]]
            is_reduced, line = scorer.choose_decoding(sample, self.decoding_bound)
            write_json(decision, {"is_reduced": is_reduced, "line": line})
        kept = json.loads(decision.read_text("utf-8"))
        return dataclasses.replace(self, is_reduced=kept["is_reduced"]), kept["line"]

    def _forget_replaced(self, units, member_counts):
        """Take the rows of photos that are listed anew out of finished parts."""
        listed = collections.Counter(row["unit"] for row in self._listed())
        for name, count in listed.items():
            if count > len(units[name]) and self._is_done(name):
                kept, part = dict(units[name]), part_path(self.record, name)
                rows = [row for row in read_csv(part) if row["path"] in kept]
                write_manifest(part, rows, member_counts)

    def run(self, name, photos, scorer, advance=None):
        """Score the photos of one unit and write its part of the manifest."""
        paths = [path for path, _ in photos]
        sources = [self.photos / path for path in paths]
        rows = list(scorer.rows(paths, sources, self.is_reduced, advance))
        counts = scorer.jury.member_counts
        write_manifest(part_path(self.record, name), rows, counts)

    def photo_count(self, units):
        """Return how many photos the units hold."""
        return sum(map(len, units.values()))

    def describe(self, units):
        """Return in a few words what the units hold."""
        return f"{self.photo_count(units):,} photos of {printable(self.photos)}"

    def finish(self, read_rows, jury):
        """Write the contact sheets and bring the chosen photos into their folder.

        Paths inside the collection are kept, so that equal names cannot clash. Return
        `(path, reason)` of each photo that could not be placed.
        """
        write_sheets(read_rows, self.source_of, self.record / "sheets", jury)
        if self.how == "list":
            return []
        unplaced = []
        for row in of_verdict(read_rows(), CHOSEN):
            path = row["path"]
            try:
                place(self.photos / path, self.chosen / path, self.how)
            except OSError as error:
                unplaced.append((path, reason_of(error)))
        return unplaced

    def source_of(self, path):
        """Return where a photo of the collection is, also after it was moved."""
        source = self.photos / path
        return source if source.exists() else self.chosen / path


def _stamp(path):
    """Return what changes if a photo is replaced: its size, and when it was written.

    In whole seconds: file systems round the time, some of them only later.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        # It went away since it was found; scoring it will tell.
        return ""
    return f"{found.st_size} {int(found.st_mtime)}"
