"""docs/settings.md shows every setting as the code has it."""

from tests.docs.settings_page import PAGE, settings_page


def test_the_page_is_made_from_the_settings():
    cure = "write the page anew: python -m tests.docs.settings_page"
    assert PAGE.read_text(encoding="utf-8") == settings_page(), cure
