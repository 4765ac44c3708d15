"""More from a finished run, into a new folder: dreams, redrawn or chosen pictures.

python -m dreams runs/castles --count 500 --seed 3 --sampler prior
python -m dreams runs/castles --redraw to_reconstruct
python -m dreams runs/castles --latent vector.json
"""

import dataclasses
import sys
from pathlib import Path

import numpy as np

from devices.tensorflow_start import prepare_tensorflow
from files import whole_folder
from mistakes import OneLineParser, UserMistake, run
from run_folder import read_json, read_run


def main(argv=None):
    """Write what the command line asks for, and return the exit code."""
    parser = _build_parser()
    arguments = parser.parse_args(argv)
    return run(lambda: write(arguments), parser.prog)


def _build_parser():
    parser = OneLineParser(
        "python -m dreams",
        description="Dream more, redraw pictures, or draw given numbers, with the "
        "networks of a finished run. Unless told otherwise, dreams are as many and as "
        "free as those of the run, drawn with the next seed.",
    )
    parser.add_argument("run_folder", type=Path, help="such as runs/castles")
    parser.add_argument("--count", type=int, help="number of dreams")
    parser.add_argument("--seed", type=int, help="whole number that they follow from")
    parser.add_argument("--sampler", help="mixture or prior: what they are drawn from")
    parser.add_argument("--temperature", type=float, help="of these draws, above 0")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--redraw", type=Path, metavar="FOLDER", help="redraw these pictures instead"
    )
    instead.add_argument(
        "--latent",
        type=Path,
        metavar="JSON",
        help="draw the numbers in this file instead, as the page of explore.py copies "
        "them: a list, or a list of lists",
    )
    parser.add_argument(
        "--to", type=Path, help="new or empty folder; default: one in the run folder"
    )
    return parser


def write(arguments):
    """Write dreams, redrawn or chosen pictures into a new folder."""
    finished = read_run(arguments.run_folder)
    settings = _settings(finished.settings, arguments)
    folder = arguments.to or finished.folder.path / _name(settings, arguments)
    if folder.is_file() or any(folder.glob("*")):
        raise UserMistake(f"{folder} is no empty folder; choose another one by --to")
    latents = None
    if arguments.latent is not None:
        latents = read_latents(arguments.latent, settings.latent_dim)
    prepare_tensorflow()
    import data
    from dreams import demo, redrawing
    from latents.samplers import Mixture, Prior
    from model import load_networks

    vae = load_networks(finished.folder)
    with whole_folder(folder) as partial:
        if arguments.redraw is not None:
            redrawing.write(vae, arguments.redraw, settings, partial)
        elif latents is not None:
            demo.write_pictures(vae, latents, partial)
        else:
            sampler = Prior(settings.latent_dim)
            if settings.demo_sampler == "mixture":
                train = data.read_pictures(settings).train
                codes = demo.encode_some(vae, train, settings)
                sampler = Mixture.fit(*codes, settings.seed)
            demo.write_dreams(vae, sampler, settings, settings.seed, partial)
    print(f"written: {folder}")


def read_latents(path, latent_dim):
    """Return the latent vectors of a JSON file, float32 `(count, latent_dim)`.

    Raises:
        UserMistake: it holds something else.
    """
    if not path.is_file():
        raise UserMistake(f"--latent: received {str(path)!r}, which is no file")
    try:
        latents = np.atleast_2d(np.array(read_json(path), np.float32))
    except (TypeError, ValueError):
        latents = np.empty(0)
    is_whole = latents.ndim == 2 and latents.size and np.isfinite(latents).all()
    if not is_whole or latents.shape[1] != latent_dim:
        raise UserMistake(
            f"{path} holds no latent vectors of this run: expected a list of "
            f"{latent_dim} numbers, or a list of such lists"
        )
    return latents


def _settings(settings, arguments):
    """Return the settings of a run, with what the command line changes in them."""
    changes = {
        "demo_iterations": arguments.count,
        "demo_sampler": arguments.sampler,
        "demo_temperature": arguments.temperature,
        # One more was the seed of the run's own dreams.
        "seed": settings.seed + 2 if arguments.seed is None else arguments.seed,
    }
    given = {name: value for name, value in changes.items() if value is not None}
    return dataclasses.replace(settings, **given)


def _name(settings, arguments):
    if arguments.redraw is not None:
        return f"redrawn_{arguments.redraw.resolve().name}"
    if arguments.latent is not None:
        return f"drawn_{arguments.latent.stem}"
    return f"dreams_{settings.demo_sampler}_seed_{settings.seed}"


if __name__ == "__main__":
    sys.exit(main())
