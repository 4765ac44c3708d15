"""The job of filtering a folder of photos, cut into units of work.

Owns the listing, which freezes the order of the photos: an interrupted run, given
again, writes the manifest that an uninterrupted one would have written.
"""

import dataclasses
import json
from pathlib import Path

from mistakes import reason_of
from pictures.walk import walk
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
        """Return the names of all units and their photos, new ones at the end."""
        units = {}
        if self._listing.is_file():
            for row in read_csv(self._listing):
                units.setdefault(row["unit"], []).append(row["path"])
        known = {path for paths in units.values() for path in paths}
        files = walk(self.photos).paths
        found = (path.relative_to(self.photos).as_posix() for path in files)
        new = [path for path in found if path not in known]
        for start in range(0, len(new), PHOTOS_PER_UNIT):
            units[f"photos_{len(units):06}"] = new[start : start + PHOTOS_PER_UNIT]
        return units

    @property
    def _listing(self):
        return self.record / "listing.csv"

    def begin(self, units, scorer):
        """Keep the listing; return the job to be run, and a line on the decoding.

        Whether photos are decoded at reduced size is measured once and kept: every unit
        is to be read alike.
        """
        listing = [(name, path) for name, unit in units.items() for path in unit]
        rows = ({"unit": name, "path": path} for name, path in listing)
        write_csv(self._listing, rows, ["unit", "path"])
        decision = self.record / "decoding.json"
        if not decision.is_file():
            step = max(1, len(listing) // PHOTOS_LOOKED_AT)
            sample = [self.photos / path for _, path in listing[::step]]
            is_reduced, line = scorer.choose_decoding(sample, self.decoding_bound)
            write_json(decision, {"is_reduced": is_reduced, "line": line})
        kept = json.loads(decision.read_text("utf-8"))
        return dataclasses.replace(self, is_reduced=kept["is_reduced"]), kept["line"]

    def run(self, name, paths, scorer, advance=None):
        """Score the photos of one unit and write its part of the manifest."""
        sources = [self.photos / path for path in paths]
        rows = list(scorer.rows(paths, sources, self.is_reduced, advance))
        counts = scorer.jury.member_counts
        write_manifest(part_path(self.record, name), rows, counts)

    def photo_count(self, units):
        """Return how many photos the units hold."""
        return sum(map(len, units.values()))

    def describe(self, units):
        """Return in a few words what the units hold."""
        return f"{self.photo_count(units):,} photos of {self.photos}"

    def finish(self, read_rows, jury):
        """Write the contact sheets and bring the chosen photos into their folder.

        Paths inside the collection are kept, so that equal names cannot clash. Return
        `(path, reason)` of each photo that could not be placed.
        """

        def source_of(path):
            source = self.photos / path
            return source if source.exists() else self.chosen / path

        write_sheets(read_rows, source_of, self.record / "sheets", jury)
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
