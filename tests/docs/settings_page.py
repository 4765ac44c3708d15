"""The page of all settings, made from the dataclass that defines them.

python -m tests.docs.settings_page

writes docs/settings.md anew.
"""

import dataclasses

from hyperparameters import PRESETS, Hyperparameters, expected
from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "settings.md"
INTRODUCTION = """\
# Settings

Made from `hyperparameters.py` by `python -m tests.docs.settings_page`: edit it there.

Change a default, or override any setting for one run, as `python main.py --beta 0.05
--latent-dim 32` does. `python main.py --help` shows the same. A wrong value is one line
that names the setting, what it received and what it expects; nothing is written then.

Besides the settings there are `--preset`, `--resume`, `--runs-folder`, and `--dry-run`,
which shows the settings and stops.
"""


def settings_page():
    """Return the text of the page."""
    settings = dataclasses.fields(Hyperparameters)
    rows = [
        (f"`{each.name}`", shown(each.default), expected(each), each.metadata["note"])
        for each in settings
    ]
    presets = {name: preset for name, preset in PRESETS.items() if preset}
    changes = [
        (
            f"`{each.name}`",
            *(shown(preset.get(each.name, "")) for preset in presets.values()),
        )
        for each in settings
        if any(each.name in preset for preset in presets.values())
    ]
    return "\n".join(
        [
            INTRODUCTION,
            *table(("setting", "default", "expected", "meaning"), rows),
            "\n## What the presets change\n",
            "The preset `castles` is the defaults. An empty cell is a default.\n",
            *table(("setting", *(f"`{name}`" for name in presets)), changes),
            "",
        ]
    )


def shown(value):
    """Return a value as it is written on the command line."""
    if isinstance(value, bool | None):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def table(heads, rows):
    """Yield the lines of a Markdown table."""
    for cells in (heads, ["---"] * len(heads), *rows):
        yield f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(settings_page(), encoding="utf-8")
