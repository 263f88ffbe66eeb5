"""The page for everybody: axe-core finds nothing serious, and the keyboard alone is enough."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.chromium import ask, opened, settled
from tests.newsroom import OVERVIEW, newsroom
from tests.server_process import ending_well

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ending_well(newsroom(tmp_path_factory.mktemp("axe"))) as address:
        yield address


@pytest.fixture(scope="module")
def axe() -> str:
    package = find_spec("axe_playwright_python")
    if package is None or package.origin is None:
        pytest.skip("axe-core is not installed: pip install axe-playwright-python")
    return (Path(package.origin).parent / "axe.min.js").read_text("utf-8")


def faults(page: Any, axe: str) -> list[str]:
    """What axe-core finds serious or critical, and missing landmarks and headings besides."""
    page.evaluate(axe)
    found = page.evaluate("axe.run().then(r => r.violations)")
    return [
        f"{v['impact']} {v['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for v in found
        if v["impact"] in ("serious", "critical") or v["id"] in ("region", "heading-order", "landmark-unique")
        for node in v["nodes"]
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 380])
def test_axe_finds_nothing_serious(browser: Any, url: str, axe: str, width: int, dark: bool) -> None:
    with opened(browser, width, dark=dark) as page:
        page.goto(url)
        page.locator(".cd-coverage", has_text="7 articles").wait_for()
        assert faults(page, axe) == []
        ask(page, OVERVIEW)
        answer = settled(page)
        answer.locator(".cd-made").click()
        answer.locator(".cd-timeline summary").click()
        answer.get_by_role("button", name="Bad answer").click()
        page.locator(".cd-export summary").click()
        page.locator("#cd-list .cd-item").first.wait_for(state="attached")
        if width < 760:
            page.locator("#cd-drawer").click()
        assert faults(page, axe) == []
        page.keyboard.press("Escape")
        answer.get_by_role("button", name="Edit").click()
        answer.locator("a.cd-chip").first.click()
        page.locator("#cd-here").wait_for()
        assert faults(page, axe) == []


def test_the_keyboard_alone_is_enough(any_page: Any, url: str) -> None:
    page = any_page
    page.goto(url)
    page.locator("#cd-question textarea:focus").wait_for()
    page.locator(".cd-coverage", has_text="7 articles").wait_for()
    page.keyboard.type(OVERVIEW)
    page.keyboard.press("Enter")
    settled(page)

    def reach(wanted: str, key: str) -> None:
        for _ in range(60):
            if page.evaluate("s => document.activeElement.matches(s)", wanted):
                return
            page.keyboard.press(key)
        raise AssertionError(f"{key} does not reach {wanted}")

    reach("a.cd-chip[data-n='6']", "Shift+Tab")
    assert page.locator("#cd-card").is_visible()
    page.keyboard.press("Enter")
    page.locator(".cd-article:focus").wait_for()
    reach("[aria-label='Previous citation']", "Shift+Tab")
    page.keyboard.press("Enter")
    page.locator(".cd-of", has_text="Citation 5 of 6").wait_for()
    page.locator(".cd-article:focus").wait_for()
    page.keyboard.press("Escape")
    page.locator("a.cd-chip[data-n='6']:focus").wait_for()
    reach("[data-do='retry']", "Tab")
    reach("#cd-drawer", "Shift+Tab")


def test_landmarks_and_names_for_a_screen_reader(page: Any, url: str) -> None:
    page.goto(url)
    page.locator(".cd-coverage", has_text="7 articles").wait_for()
    assert page.get_by_role("main").count() == 1
    for role, name in (
        ("navigation", "Conversations"),
        ("region", "Conversation"),
        ("region", "Sources"),
        ("textbox", "Question"),
        ("button", "New chat"),
        ("tab", "Ask"),
    ):
        assert page.get_by_role(role, name=name, exact=True).count() == 1, (role, name)
