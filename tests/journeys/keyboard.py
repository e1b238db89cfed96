"""Somebody who has no mouse: they walk with Tab and arrows, and type."""

import re
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from web.demo.district import PASSWORD

#: The accessible name of what has the focus, as far as a label, its text or aria-label gives it, and its section.
_FOCUSED: Final = """() => {
  const element = document.activeElement;
  const label = element.labels?.[0]?.textContent;
  const name = element.getAttribute('aria-label') || label || element.title || element.textContent || '';
  const section = element.closest('section')?.querySelector('h2')?.textContent || '';
  return [name.trim().replace(/\\s+/g, ' '), section.trim()];
}"""
#: Tells what only a mouse or finger does.
_TELL: Final = """
for (const kind of ['pointerdown', 'mousedown', 'touchstart'])
  addEventListener(kind, (event) => event.isTrusted && window.pointed(`${kind} ${location.pathname}`), true);
"""


def refuse_mouse(page: Page, pointed: list[str]) -> None:
    """Write down whatever a mouse or finger does on a page from now on."""
    page.expose_function("pointed", lambda what: pointed.append(what))  # a method of a list cannot be exposed
    page.add_init_script(_TELL)


def sign_in(page: Page, login: str) -> None:
    """Sign in."""
    page.goto("/sign-in")
    enter(page, "账号", login)
    enter(page, "密码", PASSWORD)
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(re.compile("/sign-in"))


def tab_to(page: Page, name: str | re.Pattern[str], section: str | None = None) -> None:
    """Press Tab until what is called so has the focus."""
    for _ in range(150):
        page.keyboard.press("Tab")
        focused, around = page.evaluate(_FOCUSED)
        fits = focused == name if isinstance(name, str) else name.fullmatch(focused)
        if fits and section in (None, around):
            return
    pytest.fail(f"Tab never came to {name}", pytrace=False)


def press(page: Page, name: str | re.Pattern[str], section: str | None = None) -> None:
    """Go to a button or link, and press it."""
    tab_to(page, name, section)
    page.keyboard.press("Enter")


def enter(page: Page, name: str | re.Pattern[str], text: str, section: str | None = None) -> None:
    """Go to a field, and type in place of what stands there."""
    tab_to(page, name, section)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def pick(page: Page, name: str | re.Pattern[str], option: str, section: str | None = None) -> None:
    """Go to a list, and walk to what is called so."""
    tab_to(page, name, section)
    page.keyboard.press("Home")
    for _ in range(60):
        if page.evaluate("document.activeElement.selectedOptions[0]?.textContent.trim()") == option:
            return
        page.keyboard.press("ArrowDown")
    pytest.fail(f"the list {name} has no {option}", pytrace=False)


def choose(page: Page, item: str) -> None:
    """Walk the tree of an outline with the arrow keys to an item, choose it, and come to what can be done with it."""
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.getAttribute('role')") == "treeitem":
            break
    page.keyboard.press("Home")
    for _ in range(40):
        if f"{page.evaluate(_FOCUSED)[0]} ".startswith(f"{item} "):
            page.keyboard.press("Enter")
            expect(page.get_by_role("heading", name=item)).to_be_visible()
            return
        page.keyboard.press("ArrowDown")
    pytest.fail(f"the tree has no {item}", pytrace=False)
