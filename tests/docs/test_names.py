"""What the pages name exists."""

import fnmatch
import re

import pytest

from tests.docs.pages import PAGES, ROOT, links, names_in_tree, spans

# Beginnings of names outside the repository, and whose they are.
MADE_ELSEWHERE = {
    "runs/": "run folders",
    "datasets/": "drawn and fetched pictures",
    "train/": "a user's own division",
    "validation/": "the same",
    "test/": "the same",
    "val/": "the same",
    "valid/": "the same",
    "dev/": "the same",
    "factors.csv": "beside a user's pictures",
    "building.csv": "a user's answers about photos",
    "label_issues.csv": "in the folder of trained filters",
}
PATH = re.compile(
    r"[\w.*/-]+/[\w.*-]*|[\w.*-]+\.(?:py|md|txt|json|csv|npz|html|png|cff)"
)


def paths(page):
    named = [span for span in spans(page) if PATH.fullmatch(span)]
    of_a_run = names_in_tree("What a run writes")
    return [
        name
        for name in named
        if not any(fnmatch.fnmatch(name, pattern) for pattern in of_a_run)
        and not name.startswith(tuple(MADE_ELSEWHERE))
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_named_in_the_text_exist(page):
    missing = [name for name in paths(page) if not list(ROOT.glob(name))]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    missing = [link for link in links(page) if not (page.parent / link).exists()]
    assert not missing


def test_names_are_looked_for():
    found = {name for page in PAGES for name in paths(page)}
    assert {"hyperparameters.py", "callbacks/", "CITATION.cff"} <= found
