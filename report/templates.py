"""The templates of all pages: nothing in them is left open, and they share a look."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def open_templates(folder, is_escaped=True):
    """Return the Jinja environment of the templates in a folder, and of `theme.css`.

    Values are escaped for HTML unless `is_escaped` is false.
    """
    return Environment(
        loader=FileSystemLoader([folder, Path(__file__).parent]),
        autoescape=is_escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
