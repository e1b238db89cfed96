"""FEEL: every expression of a diagram can be read, with the place of the mistake when it cannot."""

import re
from collections.abc import Iterator

from engine import feel
from engine.errors import Phrase, reason_of
from engine.spiff import times
from engine.spiff.document import Node, child, definition, text
from engine.spiff.findings import Finding, Severity
from engine.spiff.lint.context import Page
from engine.spiff.nodes import RUNG
from engine.spiff.outline import ElementOutline
from engine.spiff.zeebe import extensions, instances

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
            yield from _feel(page, flow.id, flow.name, Phrase("its condition"), flow.condition)
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
                yield from _feel(page, lane.id, lane.name, Phrase("chuishao:{name}", name=name), value)


def _expressions(node: Node) -> Iterator[tuple[Phrase, str]]:
    """What is FEEL whether it begins with `=` or not."""
    how = instances(node)
    if how is not None:
        named = {
            Phrase("its collection"): how.collection,
            Phrase("its number of instances"): how.cardinality,
            Phrase("its output element"): how.result,
            Phrase("its completion condition"): how.enough,
            Phrase("its loop condition"): how.repeat,
        }
        yield from ((where, source) for where, source in named.items() if source)
    conditional = definition(node, "conditional")
    if conditional is not None and (source := text(child(conditional, "condition"))):
        yield Phrase("its condition"), source


def _texts(node: Node) -> Iterator[tuple[Phrase, str]]:
    """What is FEEL if it begins with `=`."""
    said = extensions(node)
    for exchange in (*said.inputs, *said.outputs):
        yield Phrase("the mapping to {target}", target=exchange.target), exchange.source
    named = {
        Phrase("its due date"): said.due_date,
        Phrase("its follow-up date"): said.follow_up_date,
        Phrase("its correlation key"): said.correlation_key,
        Phrase("its decision"): said.decision_id,
        Phrase("its script"): said.script,
        Phrase("its type"): said.task_type,
        Phrase("its assignee"): said.assignment.get("assignee"),
    }
    yield from ((where, source) for where, source in named.items() if source)
    for name, value in said.settings.items():
        yield Phrase("chuishao:{name}", name=name), value


def _feel(page: Page, id: str, name: str, where: Phrase, source: str) -> Iterator[Finding]:
    functions = page.package.functions if page.package.functions is not None else HOST_FUNCTIONS
    expression = source.strip().removeprefix("=").strip()
    if not expression:
        yield page.say(
            Severity.ERROR,
            "feel-empty",
            id,
            name,
            Phrase("{where} is empty", where=where),
            Phrase("Write a FEEL expression"),
        )
        return
    try:
        compiled = feel.compile(expression, tuple(functions))
    except feel.FeelError as error:
        hint = getattr(error, "hint", "")
        mend = hint if isinstance(hint, Phrase) else Phrase("Correct the expression")
        yield page.say(
            Severity.ERROR,
            error.code,
            id,
            name,
            Phrase("{where} is no FEEL: {message}", where=where, message=error.message),
            mend,
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
                Phrase("{where} calls {function!r}, which is no function", where=where, function=function),
                Phrase("Correct the name of the function"),
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
                Phrase("no activity of the package starts a clock {clock!r}", clock=follows["clock"]),
                Phrase("Set chuishao:clock on an activity, or correct the name"),
            )
        return
    if source.startswith("="):
        if "rung(" in source:
            yield page.error(
                "rung-alone",
                element,
                Phrase("rung() is a part of its time"),
                Phrase('Make it all of it: =rung("clock", "rung")'),
            )
        yield from _feel(page, element.id, element.name, Phrase("its time"), source)
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
        yield page.error(
            "timer-value", element, reason_of(error), Phrase("Write ISO 8601, or a FEEL expression that begins with =")
        )


def _script(page: Page, node: Node, element: ElementOutline) -> Iterator[Finding]:
    said = extensions(node)
    if said.script is not None and not said.script.lstrip().startswith("="):
        yield page.error(
            "script-literal", element, Phrase("its script is a plain text"), Phrase("Begin the expression with =")
        )
    if said.script is not None and not said.result_variable:
        yield page.error(
            "script-without-result", element, Phrase("its result has no name"), Phrase("Name a result variable")
        )
    for exchange in (*said.inputs, *said.outputs):
        if not all(NAME.fullmatch(part) for part in exchange.target.split(".")):
            yield page.error(
                "mapping-target",
                element,
                Phrase("{target!r} is no name of a variable", target=exchange.target),
                Phrase("Use letters, digits and underscores, with dots between"),
            )
