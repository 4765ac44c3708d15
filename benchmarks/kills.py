"""Kill a tiny run at random moments, let it go on, and compare with one left alone.

python -m benchmarks.kills --count 100
python -m benchmarks.kills --full-disk
python -m benchmarks.kills --small-disks 20

Half of the moments are random seconds, half are random files: the moment before one is
opened to be written, or renamed. With `--full-disk` each kind of file has its turn:
from the moment before its first one on nothing can be written any more, until the run
is told to go on. With `--small-disks` the run is given real ones, each a little larger
than the one before, that fill wherever they do, also in the middle of a file; whoever
runs it must be allowed to mount them.
"""

import contextlib
import errno
import multiprocessing
import os
import random
import re
import runpy
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np

from devices.tensorflow_start import prepare_tensorflow
from mistakes import OneLineParser
from mistakes import run as run_command

JOB = (
    "--name small --img-dim 32 --castle-count 48 --batch-size 8 --epochs 3 "
    "--latent-dim 3 --encoder-filters 4,4 --decoder-filters 4,4 --encoder-units 8 "
    "--decoder-channels 4 --kl-warm-up-steps 5 --log-every-steps 2 "
    "--checkpoint-every-steps 4 --monitor-every-steps 5 --demo-iterations 11 "
    "--keep-best true --patience-epochs 2 --told-pictures 0"
).split()
ROOT = Path(__file__).parents[1]
GO_ON = ["--resume", "--name", "small"]
# Where the job works, beside what it says.
WORK = "work"
# What is loaded once, for all runs to begin with.
MODULES = ["training", "evaluation", "dreams.demo", "dreams.traversals", "report.page"]
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
# Seconds, dates, commands, a lock; a checkpoint that a kill can leave a step older.
OTHERWISE = {"timings.json", "report.html", "commands.json", ".lock"}
OTHERWISE |= {"checkpoint_before.npz"}


def main(argv=None):
    """Run what the command line asks for, and return the exit code."""
    parser = OneLineParser("python -m benchmarks.kills", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="runs; default 100")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    parser.add_argument(
        "--full-disk", action="store_true", help="fill the disk, once for each file"
    )
    parser.add_argument("--small-disks", type=int, default=0, help="how many to fill")
    arguments = parser.parse_args(argv)
    return run_command(lambda: _measure(arguments), parser.prog)


def _measure(arguments):
    prepare_tensorflow()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(MODULES)
    differing = []
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch, "whole")
        began = time.monotonic()
        if not _run(context, whole, JOB):
            raise RuntimeError("the job fails by itself: nothing can be compared")
        seconds = time.monotonic() - began
        written = (whole / "writings").read_text().splitlines()
        print(f"left alone: {seconds:.1f} s, {len(written)} writings", flush=True)
        if arguments.small_disks:
            faults = _sizes_of_disks(arguments.small_disks, whole / WORK)
        elif arguments.full_disk:
            faults = _first_of_each_kind(written)
        else:
            faults = _random_moments(arguments, seconds, written)
        for number, (moment, fault) in enumerate(faults, start=1):
            folder = Path(scratch, str(number))
            run = folder / WORK / "runs/small"
            with _disk_at(folder / WORK, fault.pop("kilobytes", None)) as make_room:
                is_expected = _run(context, folder, JOB, **fault)
                make_room()
                is_begun = (run / "hyperparameters.json").exists()
                is_expected &= _run(context, folder, GO_ON if is_begun else JOB)
                changes = _differences(whole / WORK / "runs/small", run)
            if changes or not is_expected:
                differing.append(moment)
            print(f"{number}: {moment}: {changes or 'the same'}", flush=True)
    print(f"{len(faults)} runs, {len(differing)} went on to another result")
    return 1 if differing else 0


def _sizes_of_disks(count, folder):
    """Return pairs: words for a disk too small for what a folder holds, and a fault."""
    size = sum(path.stat().st_size for path in folder.rglob("*")) // 1024
    sizes = [size * number // (count + 1) for number in range(1, count + 1)]
    return [
        (f"disk of {kilobytes} kB", {"kilobytes": kilobytes, "is_full": True})
        for kilobytes in sizes
    ]


@contextlib.contextmanager
def _disk_at(folder, kilobytes):
    """Mount a disk of this size at a folder; yield what makes room on it.

    None: leave the folder as it is.
    """
    if kilobytes is None:
        yield lambda: None
        return
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "tmpfs", folder, "-o"]
    subprocess.run([*mount, f"size={kilobytes}k"], check=True)
    try:
        yield lambda: subprocess.run([*mount, "remount,size=1g"], check=True)
    finally:
        subprocess.run(["umount", folder], check=True)


def _first_of_each_kind(written):
    """Return pairs: a name without its numbers, and a full disk as `_run` takes it."""
    firsts = {}
    for number, path in enumerate(written, start=1):
        firsts.setdefault(re.sub(r"\d+", "#", path), number)
    return [
        (name, {"writing": number, "is_full": True}) for name, number in firsts.items()
    ]


def _random_moments(arguments, seconds, written):
    """Return pairs: words for a moment, and a kill as `_run` takes it."""
    dice = random.Random(arguments.seed)
    faults = []
    for number in range(arguments.count):
        if number % 2:
            writing = dice.randint(1, len(written))
            name = f"writing {writing}, {written[writing - 1]}"
            faults.append((name, {"writing": writing}))
        else:
            second = dice.uniform(0, seconds)
            faults.append((f"second {second:.2f}", {"seconds": second}))
    return faults


def _run(context, folder, argv, writing=None, is_full=False, seconds=None):
    """Run the job to its end, or to its fault; what it says goes to a file.

    Returns:
        Whether it ended as it should; if not, what it said is printed.
    """
    (folder / WORK).mkdir(parents=True, exist_ok=True)
    process = context.Process(target=_work, args=(folder, argv, writing, is_full))
    process.start()
    process.join(seconds)
    process.kill()
    process.join()
    said = (folder / "output").read_text() if (folder / "output").exists() else ""
    if is_full:
        expected = process.exitcode == 1 and "the disk is full" in said
    else:
        is_killed = process.exitcode == -signal.SIGKILL
        may_be_killed = writing is not None or seconds is not None
        expected = process.exitcode == 0 or (is_killed and may_be_killed)
    if not expected:
        print(f"{folder}: exit code {process.exitcode}, unexpected:\n{said}")
    return expected


def _work(folder, argv, writing, is_full):
    os.chdir(folder / WORK)
    written = []

    def watch(event, arguments):
        is_writing = event == "open" and bool((arguments[2] or 0) & WRITING)
        if not (is_writing or event == "os.rename") or not _is_inside(arguments[0]):
            return
        written.append(os.fsdecode(arguments[0]))
        if is_full and writing and len(written) >= writing:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(arguments[0]))
        if len(written) == writing:
            os.kill(os.getpid(), signal.SIGKILL)

    with open(folder / "output", "a") as output, contextlib.redirect_stdout(output):
        with contextlib.redirect_stderr(output):
            sys.addaudithook(watch)
            sys.argv = ["main.py", *argv]
            try:
                runpy.run_path(str(ROOT / "main.py"), run_name="__main__")
            finally:
                (folder / "writings").write_text("\n".join(written))


def _is_inside(path):
    """Return whether a path is one of the job's files."""
    text = os.fsdecode(path) if isinstance(path, (str, bytes, os.PathLike)) else ""
    return text.startswith(("runs", "datasets"))


def _differences(whole, other):
    """Return the names of files that are not the same in two run folders."""
    files = {
        path.relative_to(folder)
        for folder in (whole, other)
        for path in folder.rglob("*")
        if path.is_file()
    }
    return [
        str(name)
        for name in sorted(files)
        if name.name not in OTHERWISE
        and name.parts[0] != "tensorboard"
        and _content(whole / name) != _content(other / name)
    ]


def _content(path):
    """Return what a file holds, without the dates in archives."""
    if not path.exists():
        return None
    if path.suffix == ".npz":
        with np.load(path) as arrays:
            return {name: arrays[name].tobytes() for name in arrays}
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            return archive.read("model.weights.h5")
    return path.read_bytes()


if __name__ == "__main__":
    sys.exit(main())
