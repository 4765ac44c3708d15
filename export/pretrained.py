"""Packs a run to come with the suite: small, and opened like any other run."""

import io
import shutil
import sys
import zipfile

import h5py
import numpy as np

from files import whole_file
from latents.samplers import Prior
from mistakes import UserMistake
from model import load_networks
from pictures.files import to_uint8
from run_folder import RunFolder, read_commit, save_json

WEIGHTS = "model.weights.h5"
# Pictures that are compared; in levels of 255.
COMPARED, LARGEST_DIFFERENCE = 64, 1


def write_pretrained(run_folder, folder):
    """Write encoder, decoder, settings and figures of a run into a small run folder.

    Weights are rounded to half precision, unless that shows in pictures; what is loaded
    from them is float32 again.

    Args:
        run_folder: path of a finished run.
        folder: path of the folder to write, whose files are replaced.

    Returns:
        By how many levels of 255 pictures of the two differ at most.

    Raises:
        UserMistake: a file is missing.
    """
    run, packed = RunFolder(run_folder), RunFolder(folder)
    files = (run.settings, run.metrics, run.latents)
    networks = [run.network(name) for name in ("encoder", "decoder")]
    for path in (*files, *networks):
        if not path.is_file():
            raise UserMistake(f"{path} is missing: finish the run first")
    packed.path.mkdir(parents=True, exist_ok=True)
    for path in networks:
        with whole_file(packed.path / path.name) as file:
            _write_rounded(path, file)
    difference = _largest_difference(run, packed)
    if difference > LARGEST_DIFFERENCE:
        for path in networks:
            shutil.copyfile(path, packed.path / path.name)
        difference = 0
    for path in files:
        shutil.copyfile(path, packed.path / path.name)
    save_json(packed.path / "made.json", {"by": _command(), "at_commit": read_commit()})
    return difference


def _write_rounded(source, target):
    """Write a `.keras` file with weights of half precision."""
    with (
        zipfile.ZipFile(source) as whole,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as rounded,
    ):
        for name in whole.namelist():
            content = whole.read(name)
            rounded.writestr(name, _round(content) if name == WEIGHTS else content)


def _round(weights) -> bytes:
    buffer = io.BytesIO()
    with (
        h5py.File(io.BytesIO(weights), "r") as whole,
        h5py.File(buffer, "w") as rounded,
    ):

        def copy(name, part):
            if isinstance(part, h5py.Dataset):
                is_float = part.dtype == np.float32
                values = part[()].astype(np.float16) if is_float else part[()]
                copied = rounded.create_dataset(name, data=values)
            else:
                copied = rounded.require_group(name)
            copied.attrs.update(part.attrs)

        whole.visititems(copy)
        rounded.attrs.update(whole.attrs)
    return buffer.getvalue()


def _largest_difference(run, packed):
    latent_dim = run.read_settings().latent_dim
    codes = Prior(latent_dim).sample(COMPARED, temperature=1.0, seed=0)
    pictures, others = (
        to_uint8(load_networks(folder).decode(codes)).astype(int)
        for folder in (run, packed)
    )
    return int(np.abs(pictures - others).max())


def _command():
    return " ".join(["python -m export", *sys.argv[1:]])
