"""The pages in a real browser: wide and narrow, light and dark."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

WIDE, NARROW = (1280, 900), (360, 740)
PAGES = ("/", "/alerts", "/rules", "/health", "/nothing-here")


class Looked:
    """A page, and what a visitor's console and network saw."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", lambda line: self.complaints.append(f"{line.type}: {line.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))

    @property
    def too_wide(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))

    @property
    def background(self) -> int:
        """How light the paper is: 0 to 255."""
        return int(self.page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]"))


@contextmanager
def looking(
    browser: Browser, size: tuple[int, int] = WIDE, scheme: Literal["light", "dark"] = "light", *, scripts: bool = True
) -> Iterator[Looked]:
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, java_script_enabled=scripts
    )
    try:
        yield Looked(context.new_page())
    finally:
        context.close()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["desk", "phone"])
def test_every_page_is_quiet_at_home_and_fits(
    browser: Browser, address: str, path: str, scheme: Literal["light", "dark"], size: tuple[int, int]
) -> None:
    with looking(browser, size, scheme) as looked:
        looked.page.goto(address + path)
        expected = ["error: Failed to load resource: the server responded with a status of 404 (Not Found)"]
        assert looked.complaints == (expected if path == "/nothing-here" else [])
        assert looked.hosts == {address.removeprefix("http://")}
        assert not looked.too_wide
        assert (looked.background < 60) == (scheme == "dark")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["desk", "phone"])
def test_an_alert_opens_from_the_list(browser: Browser, address: str, size: tuple[int, int]) -> None:
    with looking(browser, size) as looked:
        looked.page.goto(address + "/alerts")
        looked.page.get_by_role("link", name="acme-enterprise operations").click()
        assert looked.page.get_by_role("heading", name="Timeline").is_visible()
        assert looked.page.get_by_text("Went on to reach 90%").is_visible()
        assert looked.page.get_by_text("550 mailbox unavailable").first.is_visible()
        assert looked.complaints == []
        assert not looked.too_wide


def names(page: Page) -> list[str]:
    return list(page.locator(".license:visible h2").all_inner_texts())


def test_typing_filters_and_choosing_orders_at_once(browser: Browser, address: str) -> None:
    with looking(browser) as looked:
        page = looked.page
        page.goto(address)
        assert names(page)[0] == "over-the-top"
        page.get_by_label("Order").select_option("name")
        assert names(page) == sorted(names(page))
        page.get_by_placeholder("Filter").fill("acme-dr")
        assert names(page) == ["acme-enterprise"]
        page.get_by_placeholder("Filter").fill("xyzzy")
        assert page.get_by_text("Nothing on this page is called that.").is_visible()


def test_the_form_does_the_same_without_scripts(browser: Browser, address: str) -> None:
    with looking(browser, scripts=False) as looked:
        page = looked.page
        page.goto(address)
        page.get_by_placeholder("Filter").fill("acme-dr")
        page.get_by_role("button", name="Show").click()
        assert names(page) == ["acme-enterprise"]


def test_a_bar_shows_use_and_time_without_a_line_of_inline_style(browser: Browser, address: str) -> None:
    with looking(browser) as looked:
        looked.page.goto(address)
        bar = looked.page.get_by_role("img", name="90% used, 67% of the period gone").first
        box, used = bar.bounding_box(), bar.locator(".used").bounding_box()
        assert box is not None
        assert used is not None
        assert 0.89 < used["width"] / box["width"] < 0.91
