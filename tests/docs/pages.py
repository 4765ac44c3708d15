"""The pages of the project as text: their commands, spans of code, links and trees."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = (
    README,
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
)
FENCED = re.compile(r"^```\w*\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"^    .*$", flags=re.MULTILINE)
COMMAND = re.compile(
    r"(?<![\w.-])(?:python3?|pip|conda|tensorboard|ruff) [^&|`'#]*[^&|`'# ]"
)


def read(page):
    """Return the text of a page."""
    return page.read_text(encoding="utf-8")


def section(page, heading):
    """Return the text below a heading of the second level."""
    _, found, rest = read(page).partition(f"\n## {heading}\n")
    assert found, heading
    return rest.partition("\n## ")[0]


def spans(page):
    """Return the spans of code inside the text, each as one line."""
    prose = INDENTED.sub("", FENCED.sub("", read(page)))
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]


def commands(page):
    """Return the commands of blocks and spans, without what joins them."""
    text = read(page)
    blocks = [*FENCED.findall(text), *INDENTED.findall(FENCED.sub("", text))]
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [found for line in [*lines, *spans(page)] for found in COMMAND.findall(line)]


def links(page):
    """Return the targets of links and pictures inside the repository."""
    targets = re.findall(r"\]\(([^)#]+)\)", read(page))
    return [target for target in targets if "://" not in target]


def names_in_tree(heading):
    """Return the names that a tree in the README lists before its explanations."""
    lines = INDENTED.findall(section(README, heading))
    return [name for line in lines for name in line.strip().split("  ")[0].split()]
