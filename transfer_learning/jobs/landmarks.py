"""The job of filtering the archives of Google Landmarks v2, one archive a unit.

Owns the order in which an archive becomes chosen photos: fetch and check, score,
place, sheets, then the manifest, whose appearance says that the archive is done.
Only one archive is on the disk at a time, and only until then.
"""

import dataclasses
from pathlib import Path

from transfer_learning.jobs.landmark_archives import (
    ATTRIBUTION_COLUMNS,
    BASE_URL,
    LABEL_NAMES,
    attributions,
    fetch_archive,
    fetch_metadata,
    list_members,
    natural_photo_ids,
    open_archive,
    photo_id,
)
from transfer_learning.selection.collection import place_bytes
from transfer_learning.selection.contact_sheets import write_sheets
from transfer_learning.selection.decisions import CHOSEN, ERROR, SKIPPED
from transfer_learning.selection.manifests import (
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
    record: str  # the folder that holds everything the run writes but the photos
    chosen: str  # the folder of the chosen photos
    keeps_photos: bool = True  # False lists the chosen instead of keeping them
    skips_natural: bool = False
    decoding_bound: float = 0.0  # what reduced-size decoding may change of a score
    base_url: str = BASE_URL

    def units(self):
        """Return the names of all units and the number of each one's archive."""
        return {f"{self.split}_{number:03}": number for number in self.numbers}

    def begin(self, units, scorer, bound):
        """Return the job, and a line: decoding is settled anew for each archive."""
        # Here, before several workers want the same file at once.
        if self.skips_natural:
            for name in LABEL_NAMES:
                fetch_metadata(name, self._metadata(), self.base_url)
        line = f"Reduced-size decoding is tried on each archive (bound {bound:g})."
        return self, line

    def photo_count(self, units):
        """Return None: what is in the archives is not known before they are here."""

    def describe(self, units):
        """Return in a few words what the units hold."""
        return f"{len(units)} archives of {self.base_url}/{self.split}"

    def finish(self, read_rows, jury, chosen, how):
        """Write the attribution that the licences of the chosen photos ask for.

        Returns:
            an empty list: the photos were placed with their archives.
        """
        paths = [row["path"] for row in read_rows() if row["verdict"] == CHOSEN]
        ids = {photo_id(path) for path in paths if path.startswith("train/")}
        if ids:
            rows = attributions(ids, self._metadata(), self.base_url)
            target = Path(self.record, "attribution.csv")
            write_csv(target, rows, ATTRIBUTION_COLUMNS)
        return []

    def run(self, name, number, scorer, advance=None):
        """Do one archive; without its manifest, whatever happened is done again.

        Raises:
            DownloadError: the archive cannot be had; nothing of the tar stays.
            tarfile.TarError: the archive is damaged.
        """
        tar = Path(self.record, "in_flight", f"{name}.tar")
        try:
            fetch_archive(self.split, number, tar, self.base_url)
            with open_archive(tar) as archive:
                rows = list(self._rows(archive, scorer, advance))
                self._keep(archive, rows, name, scorer.jury)
            counts = scorer.jury.member_counts
            write_manifest(part_path(self.record, name), rows, counts)
        finally:
            # A kill leaves the tar, and the next run goes on with it.
            for rest in tar.parent.glob(f"{tar.name}*"):
                rest.unlink()

    def _rows(self, archive, scorer, advance):
        photos, refused = list_members(archive)
        for name, reason in refused:
            yield unscored_row(f"{self.split}/{name}", ERROR, reason)
        natural = frozenset()
        if self.skips_natural:
            natural = natural_photo_ids(self._metadata(), self.base_url)
        wanted = []
        for member in photos:
            if photo_id(member.name) in natural:
                reason = "its landmark is labelled natural"
                yield unscored_row(self._path(member), SKIPPED, reason)
            else:
                wanted.append(member)
        yield from self._scored_rows(archive, wanted, scorer, advance)

    def _scored_rows(self, archive, photos, scorer, advance):
        is_reduced = None
        for start in range(0, len(photos), PHOTOS_IN_MEMORY):
            members = photos[start : start + PHOTOS_IN_MEMORY]
            contents = [archive.extractfile(member).read() for member in members]
            if is_reduced is None:
                bound = self.decoding_bound
                is_reduced, line = scorer.choose_decoding(contents, bound)
                print(f"\n{line}")
            names = map(self._path, members)
            yield from scorer.rows(names, contents, is_reduced, advance)

    def _path(self, member):
        return f"{self.split}/{member.name.removeprefix('./')}"

    def _metadata(self):
        return Path(self.record, "metadata")

    def _keep(self, archive, rows, name, jury):
        members = {self._path(member): member for member in list_members(archive)[0]}

        def content(path):
            return archive.extractfile(members[path]).read()

        chosen = [row["path"] for row in rows if row["verdict"] == CHOSEN]
        if self.keeps_photos:
            for path in chosen:
                place_bytes(content(path), Path(self.chosen, path))
        write_sheets(lambda: rows, content, Path(self.record, "sheets", name), jury)
