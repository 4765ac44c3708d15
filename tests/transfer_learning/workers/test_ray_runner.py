"""Units run by real workers of a real cluster: two machines of one processor each."""

import functools
import os
import signal
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

ray = pytest.importorskip(
    "ray",
    reason="needs `pip install -r transfer_learning/requirements-ray.txt`",
)

from ray.cluster_utils import Cluster  # noqa: E402

from mistakes import Mishap  # noqa: E402
from tests.transfer_learning.fake_scorer import (  # noqa: E402
    FakeScorer,
    die_in_loading,
    fail_to_load,
    miss_a_filter,
)
from transfer_learning.jobs import folder  # noqa: E402
from transfer_learning.workers import ray_runner, unit_runner  # noqa: E402

# Little, for a machine that plays three.
SMALL = {"include_dashboard": False, "object_store_memory": 80 * 2**20}


@pytest.fixture(scope="module")
def cluster():
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    cluster = Cluster()
    # The first machine cannot be lost, so it does no work.
    for processors in (0, 1, 1):
        cluster.add_node(num_cpus=processors, **SMALL)
    yield cluster
    cluster.shutdown()


@pytest.fixture
def job(tmp_path, monkeypatch):
    """Return a job of four units of three files."""
    monkeypatch.setattr(folder, "PHOTOS_PER_UNIT", 3)
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(12):
        (photos / f"{number:02}.jpg").write_text(f"photo {number}")
    (tmp_path / "journal").mkdir()
    folders = {"record": tmp_path / "record", "chosen": tmp_path / "chosen"}
    return folder.FolderJob(photos, **folders, how="link", decoding_bound=0.001)


def run_by_ray(job, cluster, make_scorer=FakeScorer):
    arguments = SimpleNamespace(
        ray_address=cluster.address,
        workers=None,
        cpus_per_worker=None,
        gpus_per_worker=None,
    )
    make_scorer = functools.partial(make_scorer, journal_of(job))
    units, _ = job.units()
    with ray_runner.open_scorer(make_scorer, len(units), arguments) as scorer:
        job.begin(units, scorer, FakeScorer.jury)
        return ray_runner.run_units(job, units, scorer)


def run_locally(job):
    scorer = FakeScorer(journal_of(job))
    return unit_runner.run_units(job, job.units()[0], scorer)


def journal_of(job):
    return str(Path(job.record).with_name("journal"))


def scored(job):
    return sorted(Path(journal_of(job), "scored").read_text().split())


def manifests(job):
    """Return name and content of all manifests, and take them away."""
    paths = sorted(Path(job.record, "manifests").iterdir())
    contents = {path.name: path.read_bytes() for path in paths}
    for path in paths:
        path.unlink()
    return contents


def wait_for_halted(job):
    """Return the ids of the worker that halts and of its parent, as they come."""
    halted = Path(journal_of(job), "halted")
    while not (halted.is_file() and halted.read_text()):
        time.sleep(0.01)
    return [int(number) for number in halted.read_text().split()]


def kill_the_halted(job):
    os.kill(wait_for_halted(job)[0], signal.SIGKILL)


def lose_the_machine_of_the_halted(job, cluster):
    parent = wait_for_halted(job)[1]
    for node in cluster.list_all_nodes():
        if node.all_processes["raylet"][0].process.pid == parent:
            cluster.remove_node(node, allow_graceful=False)


def test_with_a_worker_killed_the_manifests_are_those_of_a_local_run(
    job, cluster, capsys
):
    Path(job.photos, "04.jpg").write_text("halt")
    killer = threading.Thread(target=kill_the_halted, args=[job])
    killer.start()
    assert run_by_ray(job, cluster) == {}
    killer.join()
    # Of the unit that was cut short one photo had been scored. It is scored twice ...
    once = [f"{number:02}.jpg" for number in range(12)]
    assert scored(job) == sorted([*once, "03.jpg"])
    # ... but counts once, and no worker loaded the filters twice.
    assert "12/12" in capsys.readouterr().err.splitlines()[-1]
    loads = Path(journal_of(job), "loaded").read_text().split()
    assert len(set(loads)) == len(loads) <= 3
    by_ray = manifests(job)
    assert len(by_ray) == 4
    assert run_locally(job) == {}
    assert manifests(job) == by_ray


def test_what_cannot_be_done_is_named_and_the_rest_is_done(job, cluster):
    Path(job.photos, "04.jpg").write_text("fatal")
    Path(job.photos, "09.jpg").write_text("broken disk")
    assert run_by_ray(job, cluster) == {
        "photos_000001": "3 workers died at it",
        "photos_000003": "Input/output error",
    }
    assert list(manifests(job)) == ["photos_000000.csv", "photos_000002.csv"]
    assert scored(job).count("03.jpg") == 3


def test_the_units_of_a_machine_that_goes_away_are_done_by_the_rest(job, cluster):
    Path(job.photos, "04.jpg").write_text("halt")
    thief = threading.Thread(target=lose_the_machine_of_the_halted, args=[job, cluster])
    thief.start()
    try:
        # There is no room for another worker in the place of the lost one.
        assert run_by_ray(job, cluster) == {}
    finally:
        thief.join()
        cluster.add_node(num_cpus=1, **SMALL)
    assert len(manifests(job)) == 4
    assert scored(job).count("03.jpg") == 2


def test_filters_that_a_worker_does_not_find_end_the_run(job, cluster):
    with pytest.raises(Mishap, match="cannot load: the filter tiny.keras does not"):
        run_by_ray(job, cluster, miss_a_filter)


def test_a_fault_in_loading_ends_the_run_as_it_is(job, cluster):
    with pytest.raises(ZeroDivisionError, match="in fail_to_load"):
        run_by_ray(job, cluster, fail_to_load)


def test_workers_that_die_while_they_load_end_the_run(job, cluster):
    with pytest.raises(Mishap, match="no worker is left: each died 3 times"):
        run_by_ray(job, cluster, die_in_loading)


def test_a_record_that_workers_do_not_share_is_found_out(tmp_path, monkeypatch):
    monkeypatch.setattr(ray_runner, "SHARED_FOLDER_SECONDS", 0)
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "photos_000000.csv").touch()
    names = ["photos_000000", "photos_000001"]
    unseen = ray_runner._unseen(str(tmp_path), names)
    assert list(unseen) == ["photos_000001"]
    assert "do all machines share it" in unseen["photos_000001"]
