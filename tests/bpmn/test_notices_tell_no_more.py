"""Every notice of every package, for everybody it is addressed to: it carries nothing that they may not see.

What a template names is looked up in the one table of who may see what, for each role that an addressee can mean, in
the relation in which they stand to the matter when it is sent. What is personal is in no notice at all.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest
from lxml import etree

from engine.cases import comments
from engine.cases.verb_texts import TEXTS as VERBS
from engine.definitions import Package
from engine.errors import Invalid
from engine.instances.escalation_texts import TEXTS as RUNGS
from engine.notices import NoticeTexts, digest, groups
from engine.notices.texts import named_facts
from engine.organisation.policy_table import TABLE, Field, Relation
from engine.organisation.roles import Role

BPMN: Final = Path(__file__).parents[2] / "bpmn"
PACKAGES: Final = sorted(path.parent.name for path in BPMN.glob("*/package.json"))
_ZEEBE: Final = "{http://camunda.org/schema/zeebe/1.0}property"

#: What a first name of a template shows of a case. What is not here, and no fact of the engine's own, was entered or
#: computed in the process: it is work on the matter, for who may read the matter.
SHOWS: Final = {
    "case.number": Field.NUMBER, "case.title": Field.TITLE, "place.name": Field.PLACE, "place.code": Field.PLACE,
    "due": Field.DUE, "element": Field.PROGRESS, "unit": Field.OWNER, "owner": Field.OWNER, "clock.name": Field.DUE,
    "clock.kind": Field.DUE, "overdue": Field.DUE, "rung_due": Field.DUE, "caught_up": Field.DUE,
}  # fmt: skip
#: They show nothing of a case.
OWN: Final = frozenset({"link", "rung", "sign"})
#: What is never in a notice, whoever reads it.
PERSONAL: Final = re.compile(r"petitioner|personal|phone|telephone|email|address|id_card|contact|\bname\b|party", re.I)
#: Addressees that are residents, who may see what was decided in their own matter.
RESIDENTS: Final = re.compile(r"resident|parties|party:.*")
#: Roles that a relation of a ladder or a diagram can mean; another word is a role itself.
MEANS: Final = {
    "leader_in_charge": (Role.DEPARTMENT_LEAD, Role.STREET_LEADER, Role.MAIN_LEADER),
    "department_lead": (Role.DEPARTMENT_LEAD, Role.STREET_LEADER, Role.MAIN_LEADER),
    "joint_conference": (Role.MAIN_LEADER, Role.SUPERVISION),
}
#: In which relation each of them stands to a matter of which they are told: they do it or could, their unit works on
#: it, or they are above the unit that does.
DOERS: Final = (Relation.ASSIGNEE,)
OTHERS: Final = (Relation.SAME_UNIT, Relation.ABOVE, Relation.SUPERVISION, Relation.ASSIGNEE)


@dataclass(frozen=True)
class Told:
    package: str
    template: str
    to: str

    def __str__(self) -> str:
        return f"{self.package}/{self.template}→{self.to}"


def packages() -> Iterator[tuple[str, Package]]:
    for name in PACKAGES:
        yield name, Package.read_directory(BPMN / name)


def addressed() -> Iterator[Told]:
    for name, package in packages():
        for path, content in package.files.items():
            if path.endswith(".bpmn"):
                yield from _sent(name, content)
            if path.endswith(".dmn"):
                yield from _laddered(name, content)


def _sent(package: str, content: bytes) -> Iterator[Told]:
    for holder in etree.fromstring(content).iter("{*}properties"):
        said = {each.get("name"): each.get("value") for each in holder.iter(_ZEEBE)}
        for to in (said.get("chuishao:to") or "").split(";"):
            if said.get("chuishao:notice") and to.strip():
                yield Told(package, said["chuishao:notice"], to.strip())
        if said.get("chuishao:publish.notice"):
            yield Told(package, said["chuishao:publish.notice"], "resident")


def _laddered(package: str, content: bytes) -> Iterator[Told]:
    for table in etree.fromstring(content).iter("{*}decisionTable"):
        names = [each.get("name") for each in table.iterchildren("{*}output")]
        if "notice" not in names or "to" not in names:
            continue
        for rule in table.iterchildren("{*}rule"):
            texts = ["".join(each.itertext()).strip() for each in rule.iterchildren("{*}outputEntry")]
            row = dict(zip(names, texts, strict=True))
            if row["notice"] != "null":
                for to in re.findall(r'"([^"]+)"', row["to"]):
                    yield Told(package, row["notice"].strip('"'), to)


TOLD: Final = sorted(set(addressed()), key=str)


def texts_of(told: Told) -> NoticeTexts:
    package = Package.read_directory(BPMN / told.package)
    sources = {locale: package.files[f"notices/{told.template}.{locale}.txt"].decode() for locale in ("zh_CN", "en")}
    return NoticeTexts(key=told.template, sources=sources)


def facts_of(told: Told) -> set[str]:
    texts = texts_of(told)
    named = [path for locale, source in texts.sources.items() for path in named_facts(told.template, locale, source)]
    return {".".join(path[:2]) for path in named}


def fields_of(told: Told) -> set[Field]:
    """What a notice shows of a case. What the process knows of the work is as open as the matter's text."""
    named = facts_of(told) - OWN
    return {SHOWS.get(each) or SHOWS.get(each.split(".")[0]) or Field.TEXT for each in named}


def may_see(role: Role, relations: tuple[Relation, ...]) -> set[Field]:
    """What somebody in a role sees in whichever of these relations they stand; in the one that shows least."""
    found = [set(TABLE[role, each].fields) for each in relations if (role, each) in TABLE]
    return set.intersection(*found) if found else set()


def test_there_are_notices_to_look_at() -> None:
    assert len(TOLD) > 80
    assert {each.package for each in TOLD} == set(PACKAGES)
    assert any(not RESIDENTS.fullmatch(each.to) for each in TOLD)


@pytest.mark.parametrize("told", TOLD, ids=str)
def test_no_notice_names_a_person(told: Told) -> None:
    named = {each for each in facts_of(told) if not each.startswith(("place.", "clock.", "stage."))}
    assert [each for each in named if PERSONAL.search(each)] == []


STAFF: Final = [each for each in TOLD if not RESIDENTS.fullmatch(each.to)]


@pytest.mark.parametrize("told", STAFF, ids=str)
def test_staff_are_told_what_they_may_see(told: Told) -> None:
    relation = told.to.partition("@")[0].strip()
    if relation in ("owner", "handler"):
        roles, relations = tuple(role for role in Role if (role, Relation.ASSIGNEE) in TABLE), DOERS
    elif relation in MEANS:
        roles, relations = MEANS[relation], OTHERS
    else:
        roles, relations = (Role(relation),), OTHERS
    shown = fields_of(told)
    assert {f"{role}: {field}" for role in roles for field in shown - may_see(role, relations)} == set()


SEALED: Final = [each for each in TOLD if each.package == "accusation"]


@pytest.mark.parametrize("told", SEALED, ids=str)
def test_a_notice_of_a_sealed_matter_says_nothing_of_it(told: Told) -> None:
    """It lies in mailboxes and lights up on telephones that others see: a number, a step and a date, no more."""
    assert fields_of(told) <= {Field.NUMBER, Field.PROGRESS, Field.DUE}


#: Notices that no package has: of what staff do with a task, of a rung that nobody answers, of a mention, …
ENGINES: Final = sorted(
    [*VERBS.values(), *RUNGS.values(), comments.MENTION, groups.TEXTS, digest.TEXTS], key=lambda each: each.key
)
#: What they may say: a number, a step, a date, who did something, and what a colleague wrote to its addressee.
SAID: Final = OWN | {
    "number", "original", "task", "who", "note", "held_back", "author", "case.number", "element", "unit", "due",
    "asked_at", "told", "day", "items",
}  # fmt: skip


@pytest.mark.parametrize("texts", ENGINES, ids=lambda each: each.key)
def test_a_notice_of_the_engines_own_says_nothing_of_the_matter(texts: NoticeTexts) -> None:
    named = [path for locale, source in texts.sources.items() for path in named_facts(texts.key, locale, source)]
    assert {".".join(path[:2]) for path in named} - SAID == set()


@pytest.mark.parametrize("told", TOLD, ids=str)
def test_a_written_notice_shows_no_more_than_it_names(told: Told) -> None:
    """Written in both languages, over data in which a person stands beside everything that it names."""
    texts, person = texts_of(told), {name: f"CANARY-{name}" for name in ("name", "phone", "email", "address", "text")}
    written: list[Any] = []
    for single, within in product(("1", []), repeat=2):  # what is looped over is a list
        facts: dict[str, Any] = dict(person)
        for first, *rest in (path.split(".") for path in facts_of(told)):
            if rest:
                facts[first] = (facts[first] if isinstance(facts.get(first), dict) else dict(person)) | {
                    rest[0]: within
                }
            else:
                facts.setdefault(first, single)
        try:
            written = [texts.write(facts, locale) for locale in texts.sources]
        except Invalid:
            continue
        break
    assert len(written) == 2
    assert "CANARY" not in str(written)
