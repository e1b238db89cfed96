"""What ended activities knew of their own is found at the place that they have in another version of the diagram."""

from collections.abc import Mapping
from typing import Any

import pytest

from engine.spiff import Trail, compile_process, read_definitions
from engine.spiff.remains import Place
from engine.spiff.whereabouts import moved_remains
from tests.engine.spiff.drawing import document, end, extension, flows, node, process, start, users
from tests.engine.spiff.test_migrating import RUNS, codes, move

LOOP = "<bpmn:multiInstanceLoopCharacteristics>{}</bpmn:multiInstanceLoopCharacteristics>".format(
    extension('<zeebe:loopCharacteristics inputCollection="=[1, 2]" inputElement="n"/>')
)


def drawn(
    call: str = "C", *, around: str = "", loop: str = "", inner: tuple[str, str] = ("qu", "qv"), behind: str = "z"
) -> bytes:
    """`call` calls `q`, with two user tasks and a mapping of its own; `around` is a sub-process around the call."""
    said = extension(
        '<zeebe:calledElement processId="q" propagateAllChildVariables="false"/><zeebe:ioMapping>'
        '<zeebe:output source="=result" target="answer"/></zeebe:ioMapping>'
    )
    called = node("callActivity", call, said + loop)
    outer = called + flows(f"s>{call}>{behind}>e")
    if around:
        inside = start(f"{around}s") + called + end(f"{around}e") + flows(f"{around}s>{call}>{around}e")
        outer = node("subProcess", around, inside) + flows(f"s>{around}>{behind}>e")
    first, second = inner
    body = start("qs") + users(*inner) + end("qe") + flows(f"qs>{first}>{second}>qe")
    return document(start() + outer + users(behind) + end(), process("q", body))


# ---- places


def moved(place: Place, new: bytes, moves: Mapping[tuple[str, str], str] | None = None) -> list[Place]:
    specification = compile_process(read_definitions({"p.bpmn": new}), "p")
    return list(moved_remains({place: {"own": 1}}, specification.process, specification.inner, moves or {}))


PLACES: dict[str, tuple[Place, bytes, dict[tuple[str, str], str], list[Place]]] = {
    "where it was": ((("p", "C", -1),), drawn(), {}, [(("p", "C", -1),)]),
    "under another id": ((("p", "C", -1),), drawn("D"), {("p", "C"): "D"}, [(("p", "D", -1),)]),
    # the plan of another process is another plan
    "not renamed there": ((("p", "C", -1),), drawn("D"), {("q", "C"): "D"}, []),
    "inside a sub-process that was added": (
        (("p", "C", -1),), drawn(around="W"), {}, [(("p", "W", -1), ("p", "C", -1))],
    ),
    "out of a sub-process that was removed": ((("p", "W", -1), ("p", "C", -1)), drawn(), {}, [(("p", "C", -1),)]),
    "out, and under another id": (
        (("p", "W", -1), ("p", "C", -1)), drawn("D"), {("p", "C"): "D"}, [(("p", "D", -1),)],
    ),
    "one of several": ((("p", "C [child]", 1),), drawn("D", loop=LOOP), {("p", "C"): "D"}, [(("p", "D [child]", 1),)]),
    "gone": ((("p", "X", -1),), drawn(), {}, []),
}  # fmt: skip


@pytest.mark.parametrize(("place", "new", "moves", "expected"), PLACES.values(), ids=list(PLACES))
def test_what_an_activity_knew_is_at_its_place_in_the_newer_version(
    place: Place, new: bytes, moves: dict[tuple[str, str], str], expected: list[Place]
) -> None:
    assert moved(place, new, moves) == expected


# ---- known again


@RUNS
@pytest.mark.parametrize(
    ("new", "moves"),
    [(drawn("D"), {"C": "D"}), (drawn(around="W"), {}), (drawn("D", around="W"), {"C": "D"})],
    ids=["renamed", "wrapped", "both"],
)
def test_private_variables_of_a_call_are_known_again_after_it_was_moved(
    make: Any, new: bytes, moves: dict[str, str]
) -> None:
    run = make(drawn())
    run.do("qu", visited="2026-03-02", result="leak")
    trail = run.task("qv").trail
    run.do("qv")
    assert "visited" not in run.task("z").data
    outcome = move(run, new, moves)
    assert not codes(outcome)
    way = outcome.moved_way(trail.way)
    assert way is not None
    run.workflow.send_back(run.task("z").id, Trail(since=trail.since, way=tuple(way)))
    run.step()
    assert run.ready() == ["qv"]
    assert run.task("qv").data == {"visited": "2026-03-02", "result": "leak", "answer": "leak"}
    run.do("qv")
    run.do("z")
    assert run.done()
