"""Whatever is drawn comes in or is refused with a reason; and it plays to an end, or the list says why it cannot."""

import random
import time
from pathlib import Path

import pytest

from engine.errors import Invalid
from engine.importing import import_diagram
from engine.sandbox import play_to_end
from engine.spiff import compile_process, read_definitions
from tests.engine.importing.strange import Strange, damaged
from tests.engine.importing.test_miwg import FILES

#: Seconds that one import may take on a busy machine; what is asked of it alone is in `test_reading`.
_SLOW = 5.0


def check(name: str, content: bytes) -> bool:
    """Import and play a diagram; say whether it came in."""
    began = time.process_time()
    try:
        imported = import_diagram(name, content)
    except Invalid:
        return False
    assert time.process_time() - began < _SLOW, name
    if not imported.processes:
        return True
    definitions = read_definitions({"drawing.bpmn": imported.content})
    for process in imported.processes:
        if process.runs:
            compile_process(definitions, process.id)
    outcome = play_to_end(imported.content)
    endless = {each.process for each in imported.todo if each.kind == "no-way-out"}
    assert {each.process_id for each in outcome.stuck} <= {*endless, ""}, (name, outcome.stuck)
    return True


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(2))
def test_strange_drawings_end_or_say_why_not(chunk: int) -> None:
    seeds = range(chunk, 24, 2)
    assert all(check(f"strange {seed}", Strange(random.Random(seed)).content) for seed in seeds)


@pytest.mark.slow
@pytest.mark.skipif(not FILES, reason="the diagrams of the BPMN MIWG are not beside the checkout")
@pytest.mark.parametrize("chunk", range(2))
def test_damaged_diagrams_of_tools_end_or_say_why_not(chunk: int) -> None:
    came_in = 0
    for seed in range(chunk, 60, 2):
        rng = random.Random(seed)
        path: Path = rng.choice(FILES)
        came_in += check(f"{path.name} {seed}", damaged(rng, path.read_bytes()))
    assert came_in > 15
