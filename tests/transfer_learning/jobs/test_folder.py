import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transfer_learning.fake_scorer import FakeScorer
from transfer_learning.jobs.folder import FolderJob
from transfer_learning.selection.manifests import read_csv, write_joined_manifest
from transfer_learning.selection.run_record import done_parts
from transfer_learning.workers.unit_runner import run_units

# Whatever a file system takes for a name, and what csv files, shells and spreadsheets
# make something else of.
ODD = [
    b"Icon\r",
    b"a\rb.jpg",
    b"a\nb",
    b'"',
    b"=1+1",
    b"-rf",
    b"a;b,c",
    b"\xff\xfe",
    b"'",
]
NAMES = st.one_of(
    st.sampled_from(ODD),
    st.binary(min_size=1, max_size=20).filter(
        lambda name: not set(name) & set(b"/\0") and not name.startswith(b".")
    ),
)


@settings(max_examples=40, deadline=None)
@given(st.sets(NAMES, min_size=1, max_size=6))
def test_any_name_goes_through_listing_parts_manifest_and_folder(names):
    folder = Path(tempfile.mkdtemp())
    try:
        photos, names = folder / "photos", set(map(os.fsdecode, names))
        photos.mkdir()
        for number, name in enumerate(names):
            (photos / name).write_text(f"photo {number}")
        job = FolderJob(photos, folder / "record", folder / "chosen", "copy", 0.0)
        scorer = FakeScorer(folder)
        for _ in range(2):
            units, passed_over = job.units()
            assert not passed_over.passed_over
            assert [path for unit in units.values() for path, _ in unit] == sorted(
                names
            )
            job.begin(units, scorer, scorer.jury)
        assert run_units(job, units, scorer) == {}
        manifest = folder / "record" / "manifest.csv"
        write_joined_manifest(
            done_parts(job.record), manifest, scorer.jury.member_counts
        )
        rows = list(read_csv(manifest))
        assert {row["path"] for row in rows} == names
        chosen = [row | {"verdict": "chosen"} for row in rows]
        assert job.finish(lambda: iter(chosen), scorer.jury) == []
        assert set(os.listdir(job.chosen)) == names
    finally:
        shutil.rmtree(folder)
