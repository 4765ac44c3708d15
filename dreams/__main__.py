"""More from a finished run, into a new folder: dreams, or pictures redrawn.

python -m dreams runs/castles --count 500 --seed 3 --sampler prior
python -m dreams runs/castles --redraw to_reconstruct
"""

import dataclasses
import sys
from pathlib import Path

from devices.tensorflow_start import prepare_tensorflow
from files import whole_folder
from mistakes import OneLineParser, UserMistake, run
from run_folder import read_run


def main(argv=None):
    """Write what the command line asks for, and return the exit code."""
    parser = _build_parser()
    arguments = parser.parse_args(argv)
    return run(lambda: write(arguments), parser.prog)


def _build_parser():
    parser = OneLineParser(
        "python -m dreams",
        description="Dream more, or redraw pictures, with the networks of a finished "
        "run. Unless told otherwise, dreams are as many and as free as those of the "
        "run, drawn with the next seed.",
    )
    parser.add_argument("run_folder", type=Path, help="such as runs/castles")
    parser.add_argument("--count", type=int, help="number of dreams")
    parser.add_argument("--seed", type=int, help="whole number that they follow from")
    parser.add_argument("--sampler", help="mixture or prior: what they are drawn from")
    parser.add_argument("--temperature", type=float, help="of these draws, above 0")
    parser.add_argument(
        "--redraw", type=Path, metavar="FOLDER", help="redraw these pictures instead"
    )
    parser.add_argument(
        "--to", type=Path, help="new or empty folder; default: one in the run folder"
    )
    return parser


def write(arguments):
    """Write dreams or redrawn pictures into a new folder."""
    finished = read_run(arguments.run_folder)
    settings = _settings(finished.settings, arguments)
    folder = arguments.to or finished.folder.path / _name(settings, arguments.redraw)
    if folder.is_file() or any(folder.glob("*")):
        raise UserMistake(f"{folder} is no empty folder; choose another one by --to")
    prepare_tensorflow()
    import data
    from dreams import demo, redrawing
    from latents.samplers import Mixture, Prior
    from model import load_networks

    vae = load_networks(finished.folder)
    with whole_folder(folder) as partial:
        if arguments.redraw is not None:
            redrawing.write(vae, arguments.redraw, settings, partial)
        else:
            sampler = Prior(settings.latent_dim)
            if settings.demo_sampler == "mixture":
                train = data.read_pictures(settings).train
                codes = demo.encode_some(vae, train, settings)
                sampler = Mixture.fit(*codes, settings.seed)
            demo.write_dreams(vae, sampler, settings, settings.seed, partial)
    print(f"written: {folder}")


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


def _name(settings, redrawn):
    if redrawn is not None:
        return f"redrawn_{redrawn.resolve().name}"
    return f"dreams_{settings.demo_sampler}_seed_{settings.seed}"


if __name__ == "__main__":
    sys.exit(main())
