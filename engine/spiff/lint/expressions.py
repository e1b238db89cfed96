"""FEEL: every expression of a diagram can be read, with the place of the mistake when it cannot."""

import re
from collections.abc import Iterator

from engine import feel
from engine.spiff import times
from engine.spiff.document import Node, child, definition, text
from engine.spiff.findings import Finding, Severity
from engine.spiff.lint.context import Page
from engine.spiff.nodes import RUNG
from engine.spiff.outline import ElementOutline
from engine.spiff.zeebe import PREFIX, extensions, instances

#: Functions of timers that the door knows itself.
OWN_FUNCTIONS = ("rung",)
#: Names with spaces that the calendar and clocks give to FEEL; an expression can only be read by one who knows them.
HOST_FUNCTIONS = (
    "working days after",
    "working days between",
    "working days left",
    "calendar days after",
    "calendar months after",
    "hours after",
    "clock due",
    "close of business",
    "start of business",
    "is working day",
    "rolled forward",
    "next working day",
)
NAME = re.compile(r"\w+", re.UNICODE)


def check_expressions(page: Page) -> Iterator[Finding]:
    """Check the expressions of one process."""
    for flow in page.process.flows.values():
        if flow.condition:
            yield from _feel(page, flow.id, flow.name, "its condition", flow.condition)
    for node, element in page.nodes():
        for where, source in _expressions(node):
            yield from _feel(page, element.id, element.name, where, source)
        for where, source in _texts(node):
            if source.lstrip().startswith("="):
                yield from _feel(page, element.id, element.name, where, source)
        yield from _timer(page, element)
        yield from _script(page, node, element)
    for lane in page.process.lanes.values():
        for name, value in lane.settings.items():
            if value.lstrip().startswith("="):
                yield from _feel(page, lane.id, lane.name, f"{PREFIX}{name}", value)


def _expressions(node: Node) -> Iterator[tuple[str, str]]:
    """What is FEEL whether it begins with `=` or not."""
    how = instances(node)
    if how is not None:
        named = {
            "its collection": how.collection,
            "its number of instances": how.cardinality,
            "its output element": how.result,
            "its completion condition": how.enough,
            "its loop condition": how.repeat,
        }
        yield from ((where, source) for where, source in named.items() if source)
    conditional = definition(node, "conditional")
    if conditional is not None and (source := text(child(conditional, "condition"))):
        yield "its condition", source


def _texts(node: Node) -> Iterator[tuple[str, str]]:
    """What is FEEL if it begins with `=`."""
    said = extensions(node)
    for exchange in (*said.inputs, *said.outputs):
        yield f"the mapping to {exchange.target}", exchange.source
    named = {
        "its due date": said.due_date,
        "its follow-up date": said.follow_up_date,
        "its correlation key": said.correlation_key,
        "its decision": said.decision_id,
        "its script": said.script,
        "its type": said.task_type,
        "its assignee": said.assignment.get("assignee"),
    }
    yield from ((where, source) for where, source in named.items() if source)
    for name, value in said.settings.items():
        yield f"{PREFIX}{name}", value


def _feel(page: Page, id: str, name: str, where: str, source: str) -> Iterator[Finding]:
    functions = page.package.functions if page.package.functions is not None else HOST_FUNCTIONS
    expression = source.strip().removeprefix("=").strip()
    if not expression:
        yield page.say(Severity.ERROR, "feel-empty", id, name, f"{where} is empty", "Write a FEEL expression")
        return
    try:
        compiled = feel.compile(expression, tuple(functions))
    except feel.FeelError as error:
        mend = getattr(error, "hint", "") or "Correct the expression"
        yield page.say(
            Severity.ERROR, error.code, id, name, f"{where} is no FEEL: {error.message}", mend[:1].upper() + mend[1:]
        )
        return
    if page.package.functions is None:
        return
    for function, _ in compiled.calls:
        if function not in feel.BUILTINS and function not in functions and function not in OWN_FUNCTIONS:
            yield page.say(
                Severity.ERROR,
                "function-unknown",
                id,
                name,
                f"{where} calls {function!r}, which is no function",
                "Correct the name of the function",
            )


def _timer(page: Page, element: ElementOutline) -> Iterator[Finding]:
    source = element.timer_expression
    if element.trigger != "timer" or not source:
        return
    follows = RUNG.fullmatch(source)
    if follows:
        if follows["clock"] not in page.package.clocks:
            yield page.error(
                "clock-unknown",
                element,
                f"no activity of the package starts a clock {follows['clock']!r}",
                f"Set {PREFIX}clock on an activity, or correct the name",
            )
        return
    if source.startswith("="):
        if "rung(" in source:
            yield page.error(
                "rung-alone", element, "rung() is a part of its time", 'Make it all of it: =rung("clock", "rung")'
            )
        yield from _feel(page, element.id, element.name, "its time", source)
        return
    try:
        match element.timer_kind:
            case "timeDate":
                times.instant(source)
            case "timeDuration":
                times.duration(source)
            case _:
                times.cycle(source)
    except (ValueError, OverflowError) as error:
        yield page.error("timer-value", element, str(error), "Write ISO 8601, or a FEEL expression that begins with =")


def _script(page: Page, node: Node, element: ElementOutline) -> Iterator[Finding]:
    said = extensions(node)
    if said.script is not None and not said.script.lstrip().startswith("="):
        yield page.error("script-literal", element, "its script is a plain text", "Begin the expression with =")
    if said.script is not None and not said.result_variable:
        yield page.error("script-without-result", element, "its result has no name", "Name a result variable")
    for exchange in (*said.inputs, *said.outputs):
        if not all(NAME.fullmatch(part) for part in exchange.target.split(".")):
            yield page.error(
                "mapping-target",
                element,
                f"{exchange.target!r} is no name of a variable",
                "Use letters, digits and underscores, with dots between",
            )
