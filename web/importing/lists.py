"""What is to be done at a draft, grouped, and what of its drawing does not run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from engine.definitions import Package, check
from engine.definitions.foreign import DIAGRAM, ORIGINAL, REPORT
from engine.errors import Invalid, Phrase
from engine.importing import Group, ToDo, import_diagram
from engine.spiff.findings import Finding, Severity
from web.importing.kinds import GROUPS, KINDS
from web.languages import DEFAULT, choose_locale
from web.words import one_line, say_phrase
from web.workshop.finding_titles import TITLES

_ORDER: Final = [*(each.value for each in Group), "package"]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing to do.

    Args:
        file, element: where; an element of "" concerns the whole file.
        name: what the drawing shows.
        text: what is missing and what to do.
        detail: what the engine says of this one; "" when that is no more.
        required: without it the process is not deployed.
    """

    file: str
    element: str
    name: str
    kind: str
    text: str
    detail: str
    required: bool


@dataclass(frozen=True, kw_only=True)
class Block:
    """What a designer does in one go."""

    group: str
    title: str
    items: Sequence[Line]


def lines(package: Package) -> list[Block]:
    """Return what is missing to run what a draft holds now, by group, what is required first."""
    found: dict[str, list[Line]] = {}
    told: set[tuple[str, str]] = set()
    if REPORT in package.files and DIAGRAM in package.diagrams:
        for each in _todo(package.diagrams[DIAGRAM]):
            told.add((each.element, each.kind))
            found.setdefault(each.group.value, []).append(_of_diagram(each))
    for finding in _findings(package):
        if (finding.element_id, finding.code) not in told:
            found.setdefault("package", []).append(_of_package(finding))
    return [
        Block(group=group, title=str(GROUPS[group]), items=sorted(found[group], key=lambda line: not line.required))
        for group in _ORDER
        if group in found
    ]


def _todo(content: bytes) -> Sequence[ToDo]:
    """What the drawing lacks as it is now; one that became unreadable since is what the check of the package says."""
    try:
        return import_diagram(DIAGRAM, content).todo
    except Invalid:
        return ()


def _findings(package: Package) -> list[Finding]:
    """The errors of a package; one that cannot even be looked at has its reason as the only one."""
    try:
        return [each for each in check(package) if each.severity == Severity.ERROR]
    except Invalid as error:
        file = str(error.facts.get("file", ""))
        return [
            Finding(
                severity="error", code=error.code, file=file, element_id="", element_name="", message=error.message,
                reason=error.message, mend=Phrase(""),
            )
        ]  # fmt: skip


def _of_diagram(each: ToDo) -> Line:
    return _line(DIAGRAM, each.element, each.name, each.kind, (each.missing, each.mend), required=each.required)


def _of_package(each: Finding) -> Line:
    name = each.element_name or (each.file if not each.element_id else "")
    return _line(each.file, each.element_id, name, each.code, (each.reason, each.mend), required=True)


def _line(file: str, element: str, name: str, kind: str, said: Iterable[str], *, required: bool) -> Line:
    words = [_in_words(each).rstrip("。.") for each in said if each]
    text = str(KINDS[kind]) if kind in KINDS else "" if _english() else TITLES.get(kind, "")
    detail = "".join(f"{word}. " if _english() else f"{word}。" for word in words).strip()
    return Line(
        file=file, element=element, name=one_line(name), kind=kind, text=text or detail, required=required,
        detail=detail if text and (all(isinstance(each, Phrase) for each in said) or _english()) else "",
    )  # fmt: skip


def _english() -> bool:
    return str(choose_locale()) != DEFAULT


def _in_words(text: str) -> str:
    return say_phrase(text) if isinstance(text, Phrase) else text


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What is in the file and does not run as drawn."""

    element: str
    name: str
    text: str
    count: int


def losses(package: Package) -> list[Kept]:
    """Return what of the file as it came is kept and does not run as drawn, in the reader's language."""
    if ORIGINAL not in package.files:
        return []
    try:
        lossy = import_diagram(ORIGINAL, package.files[ORIGINAL]).lossy
    except Invalid:
        return []
    return [
        Kept(element=each.element, name=one_line(each.name), text=_in_words(each.what), count=each.count)
        for each in lossy
    ]
