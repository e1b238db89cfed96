"""What stands in `docs/` is still so: links, settings, properties, functions, states, commands, operations."""

import argparse
import dataclasses
import re
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import Table

from config import PREFIX, Settings
from engine.definitions.check import FUNCTIONS
from engine.spiff.lint.settings import PLACES
from engine.tables import metadata
from web.cli import GROUPS

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_SETTING = re.compile(r"^\| `CHUISHAO_(\w+)` \| (.+?) \|", re.M)


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def slug(heading: str) -> str:
    """Return the anchor that a heading gets, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.M) if target.suffix == ".md" else []
        if not target.exists() or (anchor and anchor not in [slug(each) for each in headings]):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_a_page_names_are_there(page: Path) -> None:
    named = re.findall(r"`((?:engine|web|bpmn|tests|migrations|docs)/[\w./*-]+)`", page.read_text(encoding="utf-8"))
    missing = [
        each
        for each in named
        if "*" not in each and not (DOCS.parent / each).exists() and not (DOCS.parent / f"{each}.py").exists()
    ]
    assert missing == []


def default(field: dataclasses.Field[object]) -> str:
    """Return how the table shows a setting's default."""
    value = field.default
    if value is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
        return "required"
    if field.default_factory is not dataclasses.MISSING:
        value = field.default_factory()
    if value is None:
        return "none"
    if isinstance(value, timedelta):
        value = int(value.total_seconds() // 60)
    return f"`{int(value) if isinstance(value, bool) else value}`"


def test_table_of_settings_names_all_with_their_defaults() -> None:
    assert PREFIX == "CHUISHAO_"
    said = {name.lower(): shown for name, shown in _SETTING.findall(text("operations.md"))}
    assert said == {field.name: default(field) for field in dataclasses.fields(Settings)}


def test_operators_read_which_tables_of_a_case_do_not_name_its_jurisdiction() -> None:
    tables = metadata.tables
    of_case = {"case"}
    while more := {each.name for each in tables.values() if _leads_to(each, of_case)} - of_case:
        of_case |= more
    found = sorted(name for name in of_case if "jurisdiction" not in tables[name].c)
    said = re.search(r"found by their case alone: (.+?)\. ", text("operations.md"))
    assert said is not None
    assert re.findall(r"`(\w+)`", said[1]) == found


def _leads_to(table: Table, others: set[str]) -> bool:
    return any(key.column.table.name in others for key in table.foreign_keys)


def test_designers_read_of_every_property() -> None:
    said = re.findall(r"^\| `chuishao:([\w.]+)` \|", text("designers.md"), re.M)
    assert sorted(said) == sorted(PLACES)


def test_designers_read_of_every_function_of_the_calendar() -> None:
    rows = "\n".join(re.findall(r"^\| (`.+?\)`) \|", text("designers.md"), re.M))
    assert set(re.findall(r"`([a-z ]+)\(", rows)) == FUNCTIONS


def diagrams() -> Iterator[tuple[str, str]]:
    """Yield (dotted name of the enum, Mermaid source) of each diagram of states."""
    for section in text("states.md").split("\n## ")[1:]:
        named = re.search(r"`(engine\.[\w.]+)`", section)
        drawn = re.search(r"```mermaid\n(.*?)```", section, re.S)
        assert named, section[:40]
        assert drawn, section[:40]
        yield named[1], drawn[1]


@pytest.mark.parametrize(("name", "drawn"), list(diagrams()), ids=lambda value: value[:60] if "." in value else "")
def test_diagram_has_the_states_of_its_enum(name: str, drawn: str) -> None:
    module, _, enum_name = name.rpartition(".")
    enum = getattr(import_module(module), enum_name)
    assert issubclass(enum, StrEnum)
    states = {state for pair in re.findall(r"^ *(\S+) --> (\w+|\[\*\])", drawn, re.M) for state in pair} - {"[*]"}
    section = text("states.md").split(f"`{name}`")[1].split("\n## ")[0]
    apart = {each.value for each in enum if f"state, `{each.value}`" in section}  # told beside the drawing
    assert states | apart == {each.value for each in enum}
    assert not states & apart


def commands() -> set[str]:
    parser = argparse.ArgumentParser()
    chosen = parser.add_subparsers()
    for group in GROUPS:
        import_module(f"web.cli.{group}").add_commands(chosen)
    return set(chosen.choices)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_a_page_names_are_there(page: Path) -> None:
    named = set(re.findall(r"(?:^|`|\()chuishao (?:--env-file \S+ )?([a-z]+)", page.read_text(encoding="utf-8"), re.M))
    assert named - commands() == set()


def test_every_operation_of_the_api_is_in_its_page() -> None:
    described = text("api.md")
    for source in sorted((DOCS.parent / "web" / "api").glob("*.py")):
        code = source.read_text(encoding="utf-8")
        prefix = re.search(r'url_prefix="(/[\w-]+)"', code)
        for method, path in re.findall(r'^@blueprint\.(get|post)\("([^"]*)"\)', code, re.M):
            assert prefix, source
            shown = prefix[1] + re.sub(r"<uuid:\w+>", "{id}", path)
            tail = f"…/{shown.rpartition('/')[2]}"
            assert f"{method.upper()} {shown}" in described or tail in described, shown
