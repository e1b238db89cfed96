"""What the checks found, as designers read it."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import get_locale

from engine.definitions import Finding
from web.words import say_phrase
from web.workshop.finding_titles import TITLES


@dataclass(frozen=True, kw_only=True)
class Told:
    """A finding for the page.

    Args:
        title: what is wrong in a few words, in the reader's language; "" where the text says all.
        text: what is wrong with this one and what to do, in the reader's language.
    """

    severity: str
    file: str
    element: str
    name: str
    title: str
    text: str


def told(findings: Iterable[Finding]) -> list[Told]:
    """Return findings as they are shown, in the same order."""
    chinese = str(get_locale() or "zh_CN").startswith("zh")
    return [
        Told(
            severity=each.severity, file=each.file, element=each.element_id, name=each.element_name,
            title=TITLES.get(each.code, "") if chinese else "",
            text=_sentences(each, chinese=chinese),
        )
        for each in findings
    ]  # fmt: skip


def _sentences(finding: Finding, *, chinese: bool) -> str:
    said = [say_phrase(each).rstrip("。.") for each in (finding.reason, finding.mend) if each]
    if chinese:
        return "".join(f"{each}。" for each in said)
    return " ".join(f"{each[:1].upper()}{each[1:]}." for each in said)
