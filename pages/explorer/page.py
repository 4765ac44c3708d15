"""Fills the template of the explorer."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(facts, token):
    """Return the page that asks the server, which gave it the token, for pictures."""
    return TEMPLATES.get_template("page.html").render(
        facts=facts, token=token, decoder="server_decoder.js"
    )
