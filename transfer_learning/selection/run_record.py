"""The folder in which a run keeps its record, and the settings in it.

A record belongs to one set of settings: whatever decides a verdict is compared before a
run goes on.
"""

import json
from pathlib import Path

from devices.surroundings import describe_difference, read_surroundings
from files import whole_file
from mistakes import UserMistake


def part_path(record, unit):
    """Return where the manifest of one unit of work is: there if the unit is done."""
    return Path(record, "manifests", f"{unit}.csv")


def done_parts(record):
    """Return the manifests of all finished units, in the order of the units."""
    return sorted(Path(record, "manifests").glob("*.csv"))


def manifest_path(record):
    """Return where the manifest of the whole run is."""
    return Path(record, "manifest.csv")


def read_settings(record):
    """Return the settings of the run as a dict, empty before the first run."""
    path = Path(record, "settings.json")
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def save_settings(record, settings, cure):
    """Write the settings of a new run, or check that a continued run has the same.

    Raises:
        UserMistake: the run was begun with other settings; `cure` says what to do.
    """
    stored = read_settings(record)
    if not stored:
        write_json(Path(record, "settings.json"), settings)
        return
    # As they come back from the file: tuples as lists.
    for name, value in json.loads(json.dumps(settings, sort_keys=True)).items():
        if stored.get(name) != value:
            raise UserMistake(
                f"{record} was begun with {name} {stored.get(name)}, not {value}: "
                f"{cure}"
            )


def note_surroundings(record):
    """Note what the digits of this run depend on; say so if it goes on in others.

    Loads TensorFlow. `surroundings.json` is a list: the first ones, and each change.
    """
    path, now = Path(record, "surroundings.json"), read_surroundings()
    noted = json.loads(path.read_text("utf-8")) if path.is_file() else []
    if noted and noted[-1] == now:
        return
    if noted:
        print(describe_difference(noted[-1], now), flush=True)
    write_json(path, [*noted, now])


def write_json(path, content):
    """Write `content` as one JSON file that appears whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, indent=2) + "\n"
    with whole_file(path, is_shared=True) as file:
        file.write(text.encode())
