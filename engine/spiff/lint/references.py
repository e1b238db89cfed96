"""References: forms, decisions, called processes, messages, signals, errors."""

from collections.abc import Iterator

from engine.errors import Phrase
from engine.spiff.document import Node, child, definition, definitions, local
from engine.spiff.findings import Finding
from engine.spiff.lint.context import Page
from engine.spiff.outline import ElementOutline
from engine.spiff.zeebe import extensions, instances

NAMED = {"message": "messageRef", "signal": "signalRef", "error": "errorRef", "escalation": "escalationRef"}
WORDS = {
    "message": Phrase("message"),
    "signal": Phrase("signal"),
    "error": Phrase("error"),
    "escalation": Phrase("escalation"),
}


def check_references(page: Page) -> Iterator[Finding]:
    """Check what the elements of one process refer to."""
    for node, element in page.nodes():
        yield from _form(page, element)
        yield from _decision(page, element)
        yield from _call(page, element)
        yield from _work(page, node, element)
        yield from _event(page, node, element)
        yield from _ignored(page, node, element)


def _form(page: Page, element: ElementOutline) -> Iterator[Finding]:
    forms = page.package.forms
    if element.form_id and forms is not None and element.form_id not in forms:
        yield page.error(
            "form-unknown",
            element,
            Phrase("the package has no form {form!r}", form=element.form_id),
            Phrase("Add the form, or choose one that it has"),
        )
    elif element.kind == "userTask" and not element.form_id:
        yield page.warning(
            "form-missing", element, Phrase("it has no form"), Phrase("Choose one, if only to say what to do")
        )


def _decision(page: Page, element: ElementOutline) -> Iterator[Finding]:
    decision, known = element.decision_id, page.package.decisions
    if decision and known is not None and not decision.startswith("=") and decision not in known:
        yield page.error(
            "decision-unknown",
            element,
            Phrase("the package has no decision {decision!r}", decision=decision),
            Phrase("Add the decision, or choose one that it has"),
        )
    if decision and not element.result_variable:
        yield page.warning(
            "decision-without-result",
            element,
            Phrase("nothing keeps the decision's result under a name"),
            Phrase("Name a result variable"),
        )


def _call(page: Page, element: ElementOutline) -> Iterator[Finding]:
    if element.kind != "callActivity":
        return
    called = element.called_process
    if not called or called.startswith("="):
        yield page.error(
            "called-process-missing",
            element,
            Phrase("it does not name the process it calls"),
            Phrase("Name a process of the package"),
        )
    elif called not in page.package.definitions.processes:
        yield page.error(
            "called-process-unknown",
            element,
            Phrase("the package has no process {process!r}", process=called),
            Phrase("Add the page that it calls, or name one that is there"),
        )


def _work(page: Page, node: Node, element: ElementOutline) -> Iterator[Finding]:
    said = extensions(node)
    if element.kind == "scriptTask" and said.script is None and said.task_type is None:
        reason = Phrase("it has no FEEL expression")
        if child(node, "script") is not None:
            reason = Phrase("it has no FEEL expression (Python and other languages are never run)")
        yield page.error(
            "script-missing",
            element,
            reason,
            Phrase("Give it an expression and a result variable"),
        )
    elif element.kind == "businessRuleTask" and said.decision_id is None and said.task_type is None:
        yield page.error(
            "decision-missing", element, Phrase("it names no decision"), Phrase("Choose a decision of the package")
        )
    elif element.kind in ("serviceTask", "sendTask") and said.task_type is None and not node.get("messageRef"):
        yield page.error(
            "task-type-missing",
            element,
            Phrase("it does not say what the engine has to do"),
            Phrase("Give it a task definition; a send task that sends a notice has the type notify"),
        )
    how = instances(node)
    if how and how.collection is None and how.cardinality is None and how.repeat is None and how.maximum is None:
        yield page.error(
            "instances-missing",
            element,
            Phrase("it does not say how often it runs"),
            Phrase("Name its input collection"),
        )
    if how and how.collection is not None and how.results and not how.result:
        yield page.error(
            "result-missing",
            element,
            Phrase("it has an output collection and no output element"),
            Phrase("Say what each contributes"),
        )


def _event(page: Page, node: Node, element: ElementOutline) -> Iterator[Finding]:
    names = page.package.definitions.names
    if element.trigger == "timer" and not element.timer_expression:
        yield page.error(
            "timer-missing", element, Phrase("it does not say when"), Phrase("Give it a time, a duration or a cycle")
        )
    if element.trigger == "conditional":
        what = definition(node, "conditional")
        if what is None or child(what, "condition") is None:
            yield page.error("condition-missing", element, Phrase("it has no condition"), Phrase("Give it a condition"))
    carriers = definitions(node) if local(node) != "receiveTask" else [node]
    for what in carriers:
        kind = "message" if what is node else local(what).removesuffix("EventDefinition")
        reference = what.get(NAMED[kind]) if kind in NAMED else None
        if kind in ("message", "signal") and not reference:
            yield page.error(
                f"{kind}-missing",
                element,
                Phrase("it names no {kind}", kind=WORDS[kind]),
                Phrase("Choose a {kind}", kind=WORDS[kind]),
            )
        elif reference and reference not in names.get(kind, {}):
            yield page.error(
                f"{kind}-unknown",
                element,
                Phrase("there is no {kind} {reference!r} in the package", kind=WORDS[kind], reference=reference),
                Phrase("Choose a {kind} again", kind=WORDS[kind]),
            )
    if local(node) == "endEvent" and definition(node, "error") is not None and element.parent_id is None:
        yield page.warning(
            "error-at-the-top",
            element,
            Phrase("an error that ends the outermost process is caught by nobody, unless it is called"),
            Phrase("End plainly, or catch the error in the process that calls this one"),
        )


def _ignored(page: Page, node: Node, element: ElementOutline) -> Iterator[Finding]:
    if child(node, "ioSpecification") is not None:
        yield page.warning(
            "io-specification",
            element,
            Phrase("its BPMN input and output specification is not looked at"),
            Phrase("Use input and output mappings"),
        )
    if local(node) == "task":
        yield page.warning(
            "task-without-type",
            element,
            Phrase("a task without a type does nothing"),
            Phrase("Make it a user, send or script task"),
        )
