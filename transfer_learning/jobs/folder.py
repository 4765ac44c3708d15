"""The job of filtering a folder of photos, cut into units of work.

Owns the listing, which freezes the order of the photos: an interrupted run, given
again, writes the manifest that an uninterrupted one would have written. Photos added
since the last run become new units at the end.
"""

import dataclasses
import json
from pathlib import Path

from pictures.files import list_files
from transfer_learning.selection.collection import Gone, Occupied, place
from transfer_learning.selection.contact_sheets import write_sheets
from transfer_learning.selection.decisions import CHOSEN
from transfer_learning.selection.manifests import read_csv, write_csv, write_manifest
from transfer_learning.selection.run_record import part_path, write_json

# What a kill costs at most: some seconds on a GPU, a minute on a small machine.
PHOTOS_PER_UNIT = 256
# Among so many, spread over the collection, large ones are tried at reduced size.
PHOTOS_LOOKED_AT = 200


@dataclasses.dataclass(frozen=True)
class FolderJob:
    """Plain values; `run` does one unit and can be called anywhere."""

    photos: str  # the folder
    record: str  # the folder that holds everything the run writes but the photos
    is_reduced: bool = False

    def units(self):
        """Return the names of all units and their photos, new ones at the end."""
        units = _read_listing(self._listing())
        known = {path for paths in units.values() for path in paths}
        root = Path(self.photos)
        found = (path.relative_to(root).as_posix() for path in list_files(root))
        new = [path for path in found if path not in known]
        for start in range(0, len(new), PHOTOS_PER_UNIT):
            units[f"photos_{len(units):06}"] = new[start : start + PHOTOS_PER_UNIT]
        return units

    def _listing(self):
        return Path(self.record, "listing.csv")

    def begin(self, units, scorer, bound):
        """Keep the listing, and settle whether photos are decoded at reduced size.

        The decision is measured once and kept: every unit is to be read alike.

        Returns:
            the job to be run, and a line on the decision.
        """
        listing = [(name, path) for name, unit in units.items() for path in unit]
        rows = ({"unit": name, "path": path} for name, path in listing)
        write_csv(self._listing(), rows, ["unit", "path"])
        decision = Path(self.record, "decoding.json")
        if not decision.is_file():
            step = max(1, len(listing) // PHOTOS_LOOKED_AT)
            sample = [Path(self.photos, path) for _, path in listing[::step]]
            is_reduced, line = scorer.choose_decoding(sample, bound)
            write_json(decision, {"is_reduced": is_reduced, "line": line})
        kept = json.loads(decision.read_text("utf-8"))
        return dataclasses.replace(self, is_reduced=kept["is_reduced"]), kept["line"]

    def run(self, name, paths, scorer, advance=None):
        """Score the photos of one unit and write its part of the manifest."""
        sources = [Path(self.photos, path) for path in paths]
        rows = list(scorer.rows(paths, sources, self.is_reduced, advance=advance))
        counts = scorer.jury.member_counts
        write_manifest(part_path(self.record, name), rows, counts)

    def photo_count(self, units):
        """Return how many photos the units hold."""
        return sum(len(paths) for paths in units.values())

    def describe(self, units):
        """Return in a few words what the units hold."""
        return f"{self.photo_count(units):,} photos of {self.photos}"

    def finish(self, read_rows, jury, chosen, how):
        """Write the contact sheets and bring the chosen photos into `chosen`.

        Paths inside the collection are kept, so that equal names cannot clash.

        Returns:
            a list of `(path, reason)` of the photos that could not be placed.
        """

        def source_of(path):
            source = Path(self.photos, path)
            return source if source.exists() else Path(chosen, path)

        write_sheets(read_rows, source_of, Path(self.record, "sheets"), jury)
        if how == "list":
            return []
        paths = (row["path"] for row in read_rows() if row["verdict"] == CHOSEN)
        return list(self._place(paths, chosen, how))

    def _place(self, paths, chosen, how):
        for path in paths:
            try:
                place(Path(self.photos, path), Path(chosen, path), how)
            except (Occupied, Gone) as error:
                yield path, str(error)


def _read_listing(path):
    units = {}
    if path.is_file():
        for row in read_csv(path):
            units.setdefault(row["unit"], []).append(row["path"])
    return units
