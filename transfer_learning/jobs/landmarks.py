"""The job of filtering the archives of Google Landmarks v2, one archive a unit.

Owns the order in which an archive becomes chosen photos: fetch and check, score,
place, sheets, then the manifest, whose appearance says that the archive is done.
Only one archive is on the disk at a time, and only until then.
"""

import dataclasses
import tarfile
from pathlib import Path

from pictures.walk import Found
from transfer_learning.jobs import landmark_archives as archives
from transfer_learning.selection.collection import place_bytes
from transfer_learning.selection.contact_sheets import write_sheets
from transfer_learning.selection.decisions import CHOSEN, ERROR, SKIPPED
from transfer_learning.selection.manifests import (
    of_verdict,
    unscored_row,
    write_csv,
    write_manifest,
)
from transfer_learning.selection.run_record import part_path

PHOTOS_IN_MEMORY = 256


@dataclasses.dataclass(frozen=True)
class LandmarkJob:
    """Plain values; `run` does one unit and can be called anywhere."""

    split: str  # train | index | test
    numbers: tuple  # of the archives
    skips_natural: bool
    record: Path  # the folder that holds everything the run writes but the photos
    chosen: Path  # the folder of the chosen photos
    how: str  # "list" keeps no photos
    decoding_bound: float  # what reduced-size decoding may change of a score

    def units(self):
        """Return the names of all units and their archives; none is passed over."""
        units = {f"{self.split}_{number:03}": number for number in self.numbers}
        return units, Found([], [])

    def begin(self, units, scorer, jury):
        """Return the job, and a line: decoding is settled anew for each archive."""
        # Here, before several workers want the same file at once.
        if self.skips_natural:
            for name in archives.LABEL_NAMES:
                archives.fetch_metadata(name, self._metadata)
        bound = f"{self.decoding_bound:g}"
        return self, f"Reduced-size decoding is tried on each archive (bound {bound})."

    def photo_count(self, units):
        """Return None: what is in the archives is not known before they are here."""

    def describe(self, units):
        """Return in a few words what the units hold."""
        return f"{len(units)} archives of {archives.BASE_URL}/{self.split}"

    def finish(self, read_rows, jury):
        """Write the attribution that the licences of the chosen photos ask for.

        Return an empty list: the photos were placed with their archives.
        """
        paths = [row["path"] for row in of_verdict(read_rows(), CHOSEN)]
        ids = {Path(path).stem for path in paths if path.startswith("train/")}
        if ids:
            rows = archives.attributions(ids, self._metadata)
            columns = archives.ATTRIBUTION_COLUMNS
            write_csv(self.record / "attribution.csv", rows, columns)
        return []

    def run(self, name, number, scorer, advance=None):
        """Do one archive; without its manifest, whatever happened is done again.

        Raises:
            DownloadError: the archive cannot be had; nothing of the tar stays.
            tarfile.TarError: the archive is damaged.
        """
        tar = self.record / "in_flight" / f"{name}.tar"
        try:
            archives.fetch_archive(self.split, number, tar)
            with tarfile.open(tar, "r:") as archive:
                rows = self._filter(archive, name, scorer, advance)
            counts = scorer.jury.member_counts
            write_manifest(part_path(self.record, name), rows, counts)
        finally:
            # A kill leaves the tar, and the next run goes on with it.
            for rest in tar.parent.glob(f"{tar.name}*"):
                rest.unlink()

    def _filter(self, archive, name, scorer, advance):
        """Keep the chosen photos of an archive and return the rows of all."""
        photos, refused = archives.list_members(archive)
        members = {f"{self.split}/{m.name.removeprefix('./')}": m for m in photos}

        def content(path):
            return archive.extractfile(members[path]).read()

        rows = [unscored_row(f"{self.split}/{n}", ERROR, why) for n, why in refused]
        wanted, natural = [], frozenset()
        if self.skips_natural:
            natural = archives.natural_photo_ids(self._metadata)
        for path in members:
            # A photo's name is its id.
            if Path(path).stem in natural:
                reason = "its landmark is labelled natural"
                rows.append(unscored_row(path, SKIPPED, reason))
            else:
                wanted.append(path)
        rows += self._scored_rows(wanted, content, scorer, advance)
        if self.how != "list":
            for row in of_verdict(rows, CHOSEN):
                place_bytes(content(row["path"]), self.chosen / row["path"])
        write_sheets(lambda: rows, content, self.record / "sheets" / name, scorer.jury)
        return rows

    def _scored_rows(self, paths, content, scorer, advance):
        is_reduced = None
        for start in range(0, len(paths), PHOTOS_IN_MEMORY):
            names = paths[start : start + PHOTOS_IN_MEMORY]
            contents = [content(name) for name in names]
            if is_reduced is None:
                bound = self.decoding_bound
                is_reduced, line = scorer.choose_decoding(contents, bound)
                print(f"\n{line}")
            yield from scorer.rows(names, contents, is_reduced, advance)

    @property
    def _metadata(self):
        return self.record / "metadata"
