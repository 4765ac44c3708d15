"""The page of a report: one file that holds its pictures, style and script.

Owns everything that makes it one file: no address outside the page is ever asked.
"""

import base64
import io
from html import escape

from PIL import Image, ImageSequence

from report.style import SCRIPT, STYLE

WEBP_QUALITY = 82
# Wider than most screens show; larger sheets are shrunk to it.
WIDEST_PIXELS = 1800


def page(title, lead, sections):
    """Return the whole page.

    Args:
        title: plain text.
        lead: HTML that stands below the title.
        sections: list of (plain heading, HTML).
    """
    places = [(f"section-{place}", *each) for place, each in enumerate(sections)]
    links = "".join(
        f'<a href="#{name}">{escape(heading)}</a>' for name, heading, _ in places
    )
    body = "\n".join(
        f'<section id="{name}">\n<h2>{escape(heading)}</h2>\n{content}\n</section>'
        for name, heading, content in places
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
{lead}
<nav aria-label="Sections">{links}</nav>
</header>
<main>
{body}
</main>
<footer>Written by <code>report.py</code> of The Accidental Castle Dreamer.</footer>
<script>{SCRIPT}</script>
</body>
</html>
"""


def picture(path, description, caption="", widest=WIDEST_PIXELS):
    """Return a `<figure>` that holds the picture itself, still or animated.

    Args:
        path: the picture file.
        description: plain text for those who cannot see it.
        caption: HTML below it.
        widest: pixels to which a wider picture is shrunk.
    """
    with Image.open(path) as image:
        source, (width, height) = _as_data(image, path, widest), image.size
    caption = f"<figcaption>{caption}</figcaption>" if caption else ""
    return (
        f'<figure><img src="{source}" alt="{escape(description)}" '
        f'width="{width}" height="{height}">{caption}</figure>'
    )


def wide_picture(path, description, caption):
    """Return a `picture` that a narrow screen shows large, to be moved sideways."""
    return f'<div class="wide">{picture(path, description, caption)}</div>'


def _as_data(image, path, widest):
    """Return the file itself or a smaller WebP of it as a data URI."""
    frames = [frame.convert("RGB") for frame in ImageSequence.Iterator(image)]
    if image.width > widest:
        size = (widest, round(image.height * widest / image.width))
        frames = [frame.resize(size, Image.Resampling.LANCZOS) for frame in frames]
    packed = io.BytesIO()
    several = {
        "save_all": True,
        "append_images": frames[1:],
        "duration": image.info.get("duration", 100),
        "loop": 0,
    }
    frames[0].save(
        packed, "WEBP", quality=WEBP_QUALITY, **(several if len(frames) > 1 else {})
    )
    original = path.read_bytes()
    if len(original) <= len(packed.getvalue()):
        return _data_uri(original, Image.MIME[image.format])
    return _data_uri(packed.getvalue(), "image/webp")


def _data_uri(content, kind):
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def table(heads, rows, style="", numbers=()):
    """Return a `<table>` of HTML cells; `numbers` says which columns hold numbers."""

    def cell(place, content, tag="td"):
        kind = ' class="number"' if place in numbers else ""
        return f"<{tag}{kind}>{content}</{tag}>"

    head = "".join(cell(place, each, "th") for place, each in enumerate(heads))
    body = "\n".join(
        "<tr>" + "".join(cell(place, each) for place, each in enumerate(row)) + "</tr>"
        for row in rows
    )
    head = f"<thead><tr>{head}</tr></thead>" if heads else ""
    return (
        f'<div class="scroll"><table class="{style}">{head}\n'
        f"<tbody>{body}</tbody></table></div>"
    )
