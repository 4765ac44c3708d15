"""Fills the template of the explorer, served or in one file."""

from pathlib import Path

from report.templates import open_templates

TEMPLATES = open_templates(Path(__file__).parent)


def render(facts, token):
    """Return the page that asks the server, which gave it the token, for pictures."""
    return _render(facts=facts, token=token, carried={}, decoder="server_decoder.js")


def render_alone(facts, carried):
    """Return the page that draws by itself.

    `carried` are the networks, and what runs them, as base64 of gzip.
    """
    return _render(facts=facts, token="", carried=carried, decoder="onnx_decoder.js")


def _render(**values):
    return TEMPLATES.get_template("page.html").render(**values)
