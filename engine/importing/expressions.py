"""Conditions, times and loops that another engine's language says, in FEEL where that is possible."""

import re
from typing import Final

from engine.errors import Phrase
from engine.importing.juel import condition_to_feel, to_feel
from engine.importing.report import Group, Notes
from engine.spiff.document import GATEWAYS, NODES, Node, child, children, definition, every, q, text
from engine.spiff.outline import TIMER_KINDS
from engine.spiff.zeebe import instances

#: As much of a foreign expression as a message shows.
_SHOWN: Final = 120
_NAME: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


def translate_expressions(root: Node, notes: Notes) -> None:
    """Translate what flows, events and loops say; note what cannot be."""
    by_id = {node.get("id"): node for node in every(root, *NODES)}
    for flow in every(root, "sequenceFlow"):
        drawn = child(flow, "conditionExpression")
        source = by_id.get(flow.get("sourceRef"))
        if drawn is None or not text(drawn):
            continue
        if source is not None and source.tag in (q("parallelGateway"), q("eventBasedGateway")):
            _drop(flow, drawn, notes)
        else:
            _condition(flow, drawn, notes, source)
    for node in by_id.values():
        conditional = definition(node, "conditional")
        if conditional is not None and (said := child(conditional, "condition")) is not None and text(said):
            _condition(node, said, notes, None)
        _timer(node, notes)
        _loop(node, notes)


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _condition(owner: Node, said: Node, notes: Notes, source: Node | None) -> None:
    drawn = text(said) or ""
    translated = condition_to_feel(drawn)
    if translated is not None:
        said.text = translated
        said.attrib.pop("language", None)
        return
    if source is not None and source.get("default") == owner.get("id"):
        return  # never looked at
    notes.miss(
        owner, "condition", Group.CONDITIONS,
        Phrase("its condition is no FEEL: {drawn}", drawn=_shown(drawn)), Phrase("Write it in FEEL, beginning with ="),
    )  # fmt: skip


def _drop(flow: Node, said: Node, notes: Notes) -> None:
    """Take away a condition that nobody ever looks at, and keep its words in the flow's documentation."""
    drawn = text(said) or ""
    flow.remove(said)
    note = flow.makeelement(q("documentation"))
    note.text = f"Condition as drawn: {drawn}"
    flow.insert(0, note)
    notes.lose(
        flow, "condition-unused",
        Phrase("it leaves a gateway that looks at no condition; {drawn} stands in its documentation now",
               drawn=_shown(drawn)),
    )  # fmt: skip


def _timer(node: Node, notes: Notes) -> None:
    timer = definition(node, "timer")
    for said in children(timer, *TIMER_KINDS) if timer is not None else ():
        drawn = (text(said) or "").strip("\"'")
        translated = to_feel(drawn) if drawn and not drawn.startswith("=") else drawn
        if translated is not None:
            said.text = translated or said.text
        else:
            notes.miss(
                node, "timer-expression", Group.TIMERS,
                Phrase("its time is no FEEL: {drawn}", drawn=_shown(drawn)),
                Phrase("Write a duration such as P3D, a date, or FEEL that begins with ="),
            )  # fmt: skip


def _loop(node: Node, notes: Notes) -> None:
    how = instances(node)
    if how is None or node.tag in [q(gateway) for gateway in GATEWAYS]:
        return
    for loop in children(node, "multiInstanceLoopCharacteristics", "standardLoopCharacteristics"):
        for part in children(loop, "loopCardinality", "completionCondition", "loopCondition"):
            drawn = text(part) or ""
            translated = drawn if drawn.isdigit() else condition_to_feel(drawn) or _value(drawn)
            if drawn and translated is None:
                notes.miss(
                    node, "loop-expression", Group.LOOPS,
                    Phrase("how often it runs is no FEEL: {drawn}", drawn=_shown(drawn)), Phrase("Write it in FEEL"),
                )  # fmt: skip
            elif drawn:
                part.text = translated
    if how.collection is not None and not how.collection.startswith("="):
        translated = to_feel(how.collection)
        if not _NAME.fullmatch((translated or "").removeprefix("=")):
            notes.miss(
                node, "loop-collection", Group.LOOPS,
                Phrase("what it runs for each of is no variable: {drawn}", drawn=_shown(how.collection)),
                Phrase("Name its input collection in FEEL, such as =parties"),
            )  # fmt: skip


def _value(drawn: str) -> str | None:
    """A translated value that needs no comparison, such as `${count}`."""
    translated = to_feel(drawn)
    return translated if translated is not None and translated.startswith("=") else None
