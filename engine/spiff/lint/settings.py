"""Our own settings: known names, on the right elements, with values that can be used."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from engine.errors import Phrase
from engine.spiff.document import Node
from engine.spiff.findings import Finding, Severity
from engine.spiff.lint.context import Page
from engine.spiff.zeebe import PREFIX, extensions

KEY = re.compile(r"[a-zA-Z][a-zA-Z0-9_.-]*")
ROLE = re.compile(r"[a-z][a-z_]*")
PARTY = re.compile(r"p[1-9]")
NUMBER = re.compile(r"\d+")
ADDRESSEE = re.compile(r"resident|owner|parties|party:\s*\S.*|[a-z][a-z_]*@.+")
#: Settings whose value is a key of something else.
KEYS = (
    "role",
    "exclude.else",
    "clock",
    "ladder",
    "notice",
    "document",
    "state",
    "outcome",
    "convert.kind",
    "offer.form",
    "check",
    "serves",
)
UNITS = ("working-days", "calendar-days", "calendar-months", "hours", "fixed-date")

ACTIVITIES = (
    "userTask",
    "manualTask",
    "subProcess",
    "transaction",
    "callActivity",
    "sendTask",
    "serviceTask",
    "receiveTask",
    "scriptTask",
    "businessRuleTask",
    "task",
)
SERVICES = ("serviceTask", "sendTask")
PEOPLE = ("userTask", "manualTask")
SERVICE = ("serviceTask",)
EVENTS = ("startEvent", "endEvent", "boundaryEvent", "intermediateCatchEvent", "intermediateThrowEvent")
#: What can wait for a message that people send.
OFFERING = ("startEvent", "boundaryEvent", "intermediateCatchEvent", "receiveTask")
#: Where a setting may stand; "lane" for lanes. A lane's settings reach all that lies in it.
PLACES: Mapping[str, tuple[str, ...]] = {
    "role": ("lane", *ACTIVITIES),
    "unit": ("lane", *ACTIVITIES),
    "exclude": ("lane", *PEOPLE),
    "exclude.else": ("lane", *PEOPLE),
    "serves": PEOPLE,
    "clock": ACTIVITIES,
    "clock.amount": ACTIVITIES,
    "clock.unit": ACTIVITIES,
    "clock.roll": ACTIVITIES,
    "clock.kind": ACTIVITIES,
    "clock.start": ACTIVITIES,
    "clock.suspension": ACTIVITIES,
    "ladder": ACTIVITIES,
    "extend": ACTIVITIES,
    "extend.amount": ACTIVITIES,
    "extend.unit": ACTIVITIES,
    "extend.reason": ACTIVITIES,
    "members.role": ("serviceTask", "sendTask"),
    "members.unit": ("serviceTask", "sendTask"),
    "suspend": ("serviceTask",),
    "suspend.reason": ("serviceTask",),
    "resume": ("serviceTask",),
    "convert.kind": SERVICES,
    "convert.link": SERVICES,
    "convert.data": SERVICES,
    "convert.title": SERVICES,
    "convert.text": SERVICES,
    "convert.sealed": SERVICES,
    "convert.accused": SERVICES,
    "convert.route": SERVICES,
    "notice": ("sendTask", "intermediateThrowEvent", "endEvent"),
    "to": ("sendTask", "intermediateThrowEvent", "endEvent"),
    "document": ("sendTask", *PEOPLE),
    "publish.kind": SERVICE,
    "publish.data": SERVICE,
    "publish.until": SERVICE,
    "publish.notice": SERVICE,
    "fund.amount": SERVICE,
    "fund.field": SERVICE,
    "fund.note": SERVICE,
    "objection.answer": SERVICE,
    "objection.result": SERVICE,
    "outcome": ("endEvent",),
    "state": ("lane", *ACTIVITIES, *EVENTS),
    "offer": OFFERING,
    "offer.form": OFFERING,
    "offer.unit": OFFERING,
    "check": ("userTask",),
    "party": ("userTask", *OFFERING),
    "assisted": ("lane", "userTask", *OFFERING),
    "assisted.proof": ("userTask", *OFFERING),
    "milestone": ("lane", *ACTIVITIES, *EVENTS),
}
#: The values of those that are chosen from a list.
CHOICES: Mapping[str, tuple[str, ...]] = {
    "clock.unit": UNITS,
    "extend.unit": UNITS,
    "clock.roll": ("forward", "none"),
    "clock.kind": ("statutory", "internal"),
    "convert.link": ("became", "part"),
    "assisted.proof": ("required",),
}


def check_settings(page: Page) -> Iterator[Finding]:
    """Check the settings of one process."""
    yield from _suspensions(page)
    for node, element in page.nodes():
        yield from _properties(page, node, element.id, element.name, element.kind)
        yield from _clock(page, element.id, element.name, extensions(node).settings)
        if element.kind == "userTask" and not element.settings.get("role"):
            yield page.error(
                "role-missing",
                element,
                Phrase("nobody is said to do it: neither it nor its lane has a role"),
                Phrase("Set chuishao:role on it or on its lane"),
            )
        if element.kind == "sendTask" and element.task_type == "notify":
            for name in ("notice", "to"):
                if not element.settings.get(name):
                    yield page.error(
                        f"{name}-missing",
                        element,
                        Phrase("a notice needs chuishao:{name}", name=name),
                        Phrase("Set chuishao:{name}", name=name),
                    )
    for lane in page.node.iter("{*}lane"):
        yield from _properties(page, lane, lane.get("id") or "", lane.get("name") or "", "lane")


def _properties(page: Page, node: Node, id: str, name: str, kind: str) -> Iterator[Finding]:
    for key, value in extensions(node).properties.items():
        if not key.startswith(PREFIX):
            continue
        setting = key.removeprefix(PREFIX)
        if setting not in PLACES:
            near = get_close_matches(setting, PLACES, 1, 0.6)
            mend = (
                Phrase("Write chuishao:{near}, if that is meant", near=near[0])
                if near
                else Phrase("Remove it, or correct its name")
            )
            yield page.say(
                Severity.ERROR,
                "setting-unknown",
                id,
                name,
                Phrase("there is no setting {key}", key=key),
                mend,
            )
        elif kind not in PLACES[setting]:
            yield page.say(
                Severity.WARNING,
                "setting-misplaced",
                id,
                name,
                Phrase("{key} means nothing on a {kind}", key=key, kind=kind),
                Phrase("Set it on one of: {names}", names=", ".join(PLACES[setting])),
            )
        else:
            yield from _value(page, id, name, setting, value)


def _value(page: Page, id: str, name: str, setting: str, value: str) -> Iterator[Finding]:
    reason = wrong_value(setting, value)
    if reason:
        yield page.say(
            Severity.ERROR,
            "setting-value",
            id,
            name,
            Phrase("chuishao:{setting} {reason}", setting=setting, reason=reason),
            Phrase("Correct its value"),
        )


def wrong_value(setting: str, value: str) -> Phrase | None:
    """Say what is wrong with the value of a setting; None when nothing is. Expressions are checked elsewhere."""
    value = value.strip()
    if value.startswith("="):
        return None
    if not value:
        return None if setting == "ladder" else Phrase("is empty")
    if setting in CHOICES and value not in CHOICES[setting]:
        return Phrase("is {value!r}, and can be one of: {names}", value=value, names=", ".join(CHOICES[setting]))
    if setting in ("clock.amount", "extend.amount") and not NUMBER.fullmatch(value):
        return Phrase("is {value!r}, which is no whole number", value=value)
    if setting in ("extend", "suspend", "resume"):
        wrong = [part for part in value.split(";") if not KEY.fullmatch(part.strip())]
        return (
            Phrase("names the clock {name!r}; write names of clocks with ; between", name=wrong[0].strip())
            if wrong
            else None
        )
    if setting == "party" and not PARTY.fullmatch(value):
        return Phrase(
            "is {value!r}; write the key of a party, such as p2, or an expression that begins with =", value=value
        )
    if setting in ("offer", "assisted"):
        wrong = [part for part in value.split(";") if not ROLE.fullmatch(part.strip())]
        return (
            Phrase("names {name!r}; write resident, party or keys of roles with ; between", name=wrong[0].strip())
            if wrong
            else None
        )
    if setting in KEYS and not KEY.fullmatch(value):
        return Phrase("is {value!r}, which is no key of letters, digits, dots and dashes", value=value)
    if setting == "exclude":
        return Phrase("is no expression; begin it with =")
    if setting == "to":
        wrong = [part for part in value.split(";") if not ADDRESSEE.fullmatch(part.strip())]
        if wrong:
            return Phrase(
                "has the addressee {name!r}; write resident, parties, party:=key, owner, or a role as in handler@=unit",
                name=wrong[0].strip(),
            )
    return None


def _clock(page: Page, id: str, name: str, settings: Mapping[str, str]) -> Iterator[Finding]:
    if any(key.startswith("clock.") for key in settings) and "clock" not in settings:
        yield page.say(
            Severity.ERROR,
            "clock-without-name",
            id,
            name,
            Phrase("its clock has no name"),
            Phrase("Set chuishao:clock"),
        )
    if "clock" in settings:
        for key in ("clock.amount", "clock.unit"):
            if key not in settings and settings.get("clock.unit") != "fixed-date":
                yield page.say(
                    Severity.ERROR,
                    "clock-incomplete",
                    id,
                    name,
                    Phrase("its clock has no {key}", key=key[6:]),
                    Phrase("Set chuishao:{key}", key=key),
                )


def _suspensions(page: Page) -> Iterator[Finding]:
    """Check that a statutory clock stands still only for what its rule names."""
    settings = [(element, extensions(node).settings) for node, element in page.nodes()]
    named: dict[str, set[str]] = {}
    for _, each in settings:
        if each.get("clock.kind") == "statutory":
            reasons = named.setdefault(each.get("clock", ""), set())
            reasons.update(reason.strip() for reason in each.get("clock.suspension", "").split(";"))
    for element, each in settings:
        reason = each.get("suspend.reason", "").strip()
        for clock in (name.strip() for name in each.get("suspend", "").split(";")):
            if clock in named and reason not in named[clock] - {""}:
                yield page.error(
                    "suspension-not-named",
                    element,
                    Phrase(
                        "it lets the statutory clock {clock} stand still, whose rule does not name {reason!r}",
                        clock=clock,
                        reason=reason,
                    ),
                    Phrase("Write that reason as chuishao:clock.suspension where the clock is, if the rule allows it"),
                )
