"""Where plain SpiffWorkflow is right, the door does what it does: no joins in loops, no events, each its own data."""

import random
import re

import pytest
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from tests.engine.spiff.drawing import document
from tests.engine.spiff.random_models import Model
from tests.engine.spiff.running import Persisted

SHAPES = ("task", "sequence", "sequence", "and", "xor", "loop", "sub")


def in_python(content: bytes) -> bytes:
    """The same diagram for plain SpiffWorkflow: Python in place of FEEL."""
    text = content.decode().replace(">=true<", ">True<").replace(">=false<", ">False<")
    text = re.sub(r">=(\w+ &lt; \d+)<", r">\1<", text)
    text = re.sub(r"</?bpmn:extensionElements>", "", text)
    script = r'<zeebe:script expression="=([^"]*)" resultVariable="(\w+)"/>'
    return re.sub(script, r"<bpmn:script>\2 = \1</bpmn:script>", text).encode()


class Plain:
    """Plain SpiffWorkflow, kept in memory."""

    def __init__(self, content: bytes, data: dict[str, int]) -> None:
        parser = BpmnParser()
        parser.add_bpmn_str(in_python(content))
        self.workflow = BpmnWorkflow(parser.get_spec("p"), parser.get_subprocess_specs("p"))
        self.workflow.task_tree.data.update(data)
        self.workflow.do_engine_steps()

    def ready(self) -> list[str]:
        return sorted(task.task_spec.name for task in self.workflow.get_tasks(state=TaskState.READY, manual=True))

    def do(self, element: str, **data: object) -> None:
        ready = self.workflow.get_tasks(state=TaskState.READY, manual=True)
        task = next(task for task in ready if task.task_spec.name == element)
        task.data.update(data)
        task.run()
        self.workflow.do_engine_steps()


def no_join_in_a_loop(model: Model) -> bool:
    """Loops around parallel gateways are where plain SpiffWorkflow goes wrong."""
    return not (model.counters and "parallelGateway" in model.kinds.values())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_door_does_what_plain_spiffworkflow_does() -> None:
    played = 0
    for seed in range(60):
        rng = random.Random(seed)
        model = Model(rng, shapes=SHAPES, events=False)
        if not no_join_in_a_loop(model):
            continue
        plain, door = Plain(document(model.body), model.counters), Persisted(model.body, model.counters)
        for step in range(80):
            assert door.ready() == plain.ready(), f"seed {seed}, step {step}"
            if not door.ready():
                break
            element = rng.choice(door.ready())
            answer = {f"{element}_{step}": step}
            door.do(element, **answer)
            plain.do(element, **answer)
        assert door.done() == plain.workflow.is_completed()
        assert not door.done() or door.data() == plain.workflow.data
        played += 1
    assert played > 20
