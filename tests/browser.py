"""A real browser for tests, and what the accessibility checker says of a page in it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
#: WCAG 2.2 A and AA, and the checker's own good practice.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def opened_browser() -> Iterator[Browser]:
    """Open Debian's Chromium, or skip the test with a message where there is none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def violations(page: Page, exclude: tuple[str, ...] = (), rules: tuple[str, ...] = ()) -> list[str]:
    """Return what axe finds wrong with the page, one line a finding.

    Args:
        page: an opened page.
        exclude: CSS selectors of what is not ours to judge.
        rules: judge by these rules of the checker only.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    context = {"exclude": [[selector] for selector in exclude]} if exclude else None
    wanted = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": TAGS}
    script = "([context, wanted]) => axe.run(context || document, {runOnly: wanted, resultTypes: ['violations']})"
    result: dict[str, Any] = page.evaluate(script, [context, wanted])
    return [
        f"{finding['id']}: {finding['help']}: {node['html'][:160]}: {node['failureSummary']}"
        for finding in result["violations"]
        for node in finding["nodes"]
    ]
