"""Our own settings: known names, on the right elements, with values that can be used."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

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
    "milestone": ("lane", *ACTIVITIES, *EVENTS),
}
#: The values of those that are chosen from a list.
CHOICES: Mapping[str, tuple[str, ...]] = {
    "clock.unit": UNITS,
    "extend.unit": UNITS,
    "clock.roll": ("forward", "none"),
    "clock.kind": ("statutory", "internal"),
    "convert.link": ("became", "part"),
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
                "nobody is said to do it: neither it nor its lane has a role",
                f"Set {PREFIX}role on it or on its lane",
            )
        if element.kind == "sendTask" and element.task_type == "notify":
            for name in ("notice", "to"):
                if not element.settings.get(name):
                    yield page.error(
                        f"{name}-missing", element, f"a notice needs {PREFIX}{name}", f"Set {PREFIX}{name}"
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
            mend = f"Write {PREFIX}{near[0]}, if that is meant" if near else "Remove it, or correct its name"
            yield page.say(
                Severity.ERROR,
                "setting-unknown",
                id,
                name,
                f"there is no setting {key}",
                mend,
            )
        elif kind not in PLACES[setting]:
            yield page.say(
                Severity.WARNING,
                "setting-misplaced",
                id,
                name,
                f"{key} means nothing on a {kind}",
                f"Set it on one of: {', '.join(PLACES[setting])}",
            )
        else:
            yield from _value(page, id, name, setting, value)


def _value(page: Page, id: str, name: str, setting: str, value: str) -> Iterator[Finding]:
    reason = wrong_value(setting, value)
    if reason:
        yield page.say(Severity.ERROR, "setting-value", id, name, f"{PREFIX}{setting} {reason}", "Correct its value")


def wrong_value(setting: str, value: str) -> str | None:
    """Say what is wrong with the value of a setting; None when nothing is. Expressions are checked elsewhere."""
    value = value.strip()
    if value.startswith("="):
        return None
    if not value:
        return None if setting == "ladder" else "is empty"
    if setting in CHOICES and value not in CHOICES[setting]:
        return f"is {value!r}, and can be one of: {', '.join(CHOICES[setting])}"
    if setting in ("clock.amount", "extend.amount") and not NUMBER.fullmatch(value):
        return f"is {value!r}, which is no whole number"
    if setting in ("extend", "suspend", "resume"):
        wrong = [part for part in value.split(";") if not KEY.fullmatch(part.strip())]
        return f"names the clock {wrong[0].strip()!r}; write names of clocks with ; between" if wrong else None
    if setting == "party" and not PARTY.fullmatch(value):
        return f"is {value!r}; write the key of a party, such as p2, or an expression that begins with ="
    if setting in ("offer", "assisted"):
        wrong = [part for part in value.split(";") if not ROLE.fullmatch(part.strip())]
        return f"names {wrong[0].strip()!r}; write resident, party or keys of roles with ; between" if wrong else None
    if setting in KEYS and not KEY.fullmatch(value):
        return f"is {value!r}, which is no key of letters, digits, dots and dashes"
    if setting == "exclude":
        return "is no expression; begin it with ="
    if setting == "to":
        wrong = [part for part in value.split(";") if not ADDRESSEE.fullmatch(part.strip())]
        if wrong:
            known = "resident, parties, party:=key, owner, or a role as in handler@=unit"
            return f"has the addressee {wrong[0].strip()!r}; write {known}"
    return None


def _clock(page: Page, id: str, name: str, settings: Mapping[str, str]) -> Iterator[Finding]:
    if any(key.startswith("clock.") for key in settings) and "clock" not in settings:
        yield page.say(Severity.ERROR, "clock-without-name", id, name, "its clock has no name", f"Set {PREFIX}clock")
    if "clock" in settings:
        for key in ("clock.amount", "clock.unit"):
            if key not in settings and settings.get("clock.unit") != "fixed-date":
                yield page.say(
                    Severity.ERROR, "clock-incomplete", id, name, f"its clock has no {key[6:]}", f"Set {PREFIX}{key}"
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
                    f"it lets the statutory clock {clock} stand still, whose rule does not name {reason!r}",
                    f"Write that reason as {PREFIX}clock.suspension where the clock is, if the rule allows it",
                )
