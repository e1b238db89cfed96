"""What is measured: one diagram, completed task by task, four ways."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser
from SpiffWorkflow.spiff.serializer.config import SPIFF_CONFIG
from SpiffWorkflow.util.task import TaskState
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor, Tag, record
from engine.cases.models import Case
from engine.db import new_id, writing
from engine.definitions import Package, active_version, deploy
from engine.instances.completion import Completed
from engine.instances.models import Instance, InstanceStatus
from engine.instances.runtime import Runtime
from engine.tasks.models import LIVE, WorkItem, WorkItemState
from tests.bench import diagram
from tests.factories import District, make_case, make_district

NOW = datetime(2026, 3, 18, 2, 0, tzinfo=UTC)
TEXT = "已核实，情况属实，请物业今天处理。"
#: The task after which the loop is asked whether it goes round again, and the one with several instances.
ASKED, SEVERAL = "answer", "opinion"
#: The first task of the loop.
LOOPING = "question"


@dataclass
class Cost:
    """CPU of the steps, in seconds: of this process, and of the database's own."""

    steps: int = 0
    own: float = 0.0
    server: float = 0.0
    state_bytes: int = 0

    @property
    def each(self) -> float:
        """Milliseconds of CPU a step."""
        return 1000 * (self.own + self.server) / max(self.steps, 1)


class Meter:
    """Adds up CPU between `start` and `stop`.

    Args:
        backends: process ids of the database's backends; none for SQLite, which runs in this process.
    """

    def __init__(self, backends: Callable[[], list[int]]) -> None:
        self.cost = Cost()
        self._backends = backends

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Count what happens inside as one run of steps."""
        server, own = self._server(), time.process_time()
        yield
        self.cost.own += time.process_time() - own
        self.cost.server += self._server() - server

    def _server(self) -> float:
        return sum(_seconds(pid) for pid in self._backends())


def _seconds(pid: int) -> float:
    """CPU of a process so far: to the nanosecond where the kernel tells, else in its ticks of 10 ms."""
    with suppress(FileNotFoundError):
        spent = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
        if spent:
            return spent / 1e9
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# ---- stock SpiffWorkflow


@cache
def stock_specs() -> tuple[Any, Any]:
    """Parse the diagram as stock SpiffWorkflow reads it; once, so that what parsing leaves behind is not measured."""
    parser = SpiffBpmnParser()
    parser.add_bpmn_str(diagram.build(ours=False))
    return parser.get_spec("bench"), parser.get_subprocess_specs("bench")


def stock_step(workflow: Any, rounds_left: int) -> str:
    """Complete the first ready user task with what a form would bring, and go on; return its name."""
    task = workflow.get_tasks(state=TaskState.READY, manual=True)[0]
    name = str(task.task_spec.bpmn_id or task.task_spec.name).removesuffix(" [child]")
    task.data.update(text=TEXT, again=rounds_left > 0)
    if name.startswith(SEVERAL):
        task.data["view"] = TEXT
    task.run()
    workflow.do_engine_steps()
    return name


def stock_in_memory(rounds: int, runs: int) -> Cost:
    """Step the diagram in memory, keeping nothing: the unit of every other figure."""
    spec, inner = stock_specs()
    meter = Meter(list)
    for _ in range(runs):
        workflow = stock_start(spec, inner)
        left = rounds
        with meter.measuring():
            while not workflow.is_completed():
                left -= stock_step(workflow, left) == ASKED
                meter.cost.steps += 1
    return meter.cost


def stock_start(spec: Any, inner: Any) -> Any:
    """Start the diagram in memory, up to its first task."""
    workflow = BpmnWorkflow(spec, inner)
    workflow.do_engine_steps()
    for task in workflow.get_tasks(state=TaskState.READY, manual=True):
        task.data.update(diagram.first_data("willow"))
    return workflow


# ---- on a database


@dataclass
class Place:
    """A database with a district, a case and the deployed diagram.

    Args:
        backends: process ids of the database's backends.
    """

    engine: Engine
    sessions: sessionmaker[Session]
    backends: Callable[[], list[int]]
    district: District = field(init=False)
    case: Case = field(init=False)
    actor: Actor = field(init=False)

    def __post_init__(self) -> None:
        with self.sessions() as session:
            self.district = make_district(session)
            self.case = make_case(session, place=self.district.unit("willow"))
            self.actor = Actor.staff(self.district.person("community"))
            manifest = b'{"format": 1, "key": "bench", "main": "bench", "name": {"en": "bench"}}'
            files = {
                "package.json": manifest,
                "bench.bpmn": diagram.build(ours=True),
                "forms/step.form": diagram.form(),
            }
            deploy(session, Package(files=files), author=Actor.engine(), note="", now=NOW, jurisdiction="qinghe")


def ours(place: Place, runs: int, *, cache: int) -> Cost:
    """Complete whole cases durably by the runtime: who may, form, process, rows, audit, snapshot, commit."""
    runtime, meter = Runtime(cache_size=cache), Meter(place.backends)
    for _ in range(runs):
        waiting = start(place, runtime)
        with meter.measuring():
            while waiting:
                waiting += _go_on(place, runtime, waiting.pop(0))[1]
                meter.cost.steps += 1
        meter.cost.state_bytes = max(meter.cost.state_bytes, _state_bytes(place))
    return meter.cost


def late(place: Place, rounds: int, runs: int, *, cache: int) -> Cost:
    """Complete what is left of cases whose loop has been gone round so many times; the rounds are not counted."""
    runtime, meter = Runtime(cache_size=cache), Meter(place.backends)
    before = runtime if cache else Runtime()
    for _ in range(runs):
        (item,), element, left = start(place, before), "", rounds
        while element != LOOPING or left:
            done, following = _go_on(place, before, item, again=left > 0)
            left -= done.item_row["element_id"] == ASKED
            (item,), element = following, done.next_rows[0]["element_id"]
        waiting = [item]
        with meter.measuring():
            while waiting:
                waiting += _go_on(place, runtime, waiting.pop(0))[1]
                meter.cost.steps += 1
        meter.cost.state_bytes = max(meter.cost.state_bytes, _state_bytes(place))
    return meter.cost


def _go_on(place: Place, runtime: Runtime, item_id: Any, *, again: bool = False) -> tuple[Completed, list[Any]]:
    """Complete a task; return also the ids of those that follow."""
    with place.sessions() as session:
        done = answer(place, session, runtime, item_id, again=again)
    return done, [row["id"] for row in done.next_rows]


def answer(place: Place, session: Session, runtime: Runtime, item_id: Any, *, again: bool) -> Completed:
    """Complete a task with what its form asks."""
    return runtime.complete(session, item_id, {"text": TEXT, "again": again}, actor=place.actor, now=NOW)


def start(place: Place, runtime: Runtime, case_id: Any = None) -> list[Any]:
    """Start the diagram durably, for the place's one case or another; return the ids of its first work items."""
    instance_id = begin(place, runtime, case_id or place.case.id)
    with place.sessions() as session:
        live = select(WorkItem.id).where(WorkItem.instance_id == instance_id, WorkItem.state.in_(LIVE))
        return list(session.scalars(live))


def begin(place: Place, runtime: Runtime, case_id: Any) -> Any:
    """Start the diagram durably for a case, in a session of its own; return the id of the instance."""
    with place.sessions() as session:
        return runtime.start(
            session, case_id=case_id, jurisdiction="qinghe", key="bench", data=diagram.first_data("willow"),
            actor=Actor.resident(), now=NOW,
        ).id  # fmt: skip


def _state_bytes(place: Place) -> int:
    with place.sessions() as session:
        return len(session.scalars(select(Instance.state).order_by(Instance.id.desc())).first() or b"")


def naive(place: Place, rounds: int, runs: int) -> Cost:
    """Complete as one would at first: the whole serialised workflow in a column, everything by the ORM."""
    spec, inner = stock_specs()
    serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(SPIFF_CONFIG))
    meter, version_id = Meter(place.backends), _version_id(place)
    for _ in range(runs):
        workflow = stock_start(spec, inner)
        instance_id, item_id = new_id(), new_id()
        with place.sessions() as session, writing(session):
            session.add(_instance(place, instance_id, version_id, serializer.serialize_json(workflow).encode()))
            session.flush()
            session.add(WorkItem(**_item(place, instance_id, item_id)))
        left, ended = rounds, False
        with meter.measuring():
            while not ended:
                name, ended, item_id = _naive_step(place, serializer, instance_id, item_id, left)
                left -= name == ASKED
                meter.cost.steps += 1
        meter.cost.state_bytes = max(meter.cost.state_bytes, _state_bytes(place))
    return meter.cost


def _naive_step(place: Place, serializer: Any, instance_id: Any, item_id: Any, left: int) -> tuple[str, bool, Any]:
    with place.sessions() as session, writing(session):
        instance = session.get_one(Instance, instance_id, with_for_update=True)
        item = session.get_one(WorkItem, item_id)
        workflow = serializer.deserialize_json(instance.state.decode())
        name = stock_step(workflow, left)
        following = new_id()
        item.state, item.completed_at, item.completed_by = WorkItemState.COMPLETED, NOW, place.actor.name
        session.add(WorkItem(**_item(place, instance_id, following)))
        session.flush()
        for tag in (Tag.WORK_ITEM_COMPLETED, Tag.WORK_ITEM_CREATED):
            record(
                session, tag=tag, actor=place.actor, at=NOW, jurisdiction="qinghe", case_id=place.case.id,
                data={"item": str(item_id), "element": name, "name": name},
            )  # fmt: skip
        instance.state = serializer.serialize_json(workflow).encode()
        instance.lock_version += 1
        return name, bool(workflow.is_completed()), following


def _version_id(place: Place) -> Any:
    with place.sessions() as session:
        return active_version(session, "bench").id


def _instance(place: Place, instance_id: Any, version_id: Any, state: bytes) -> Instance:
    return Instance(
        id=instance_id, case_id=place.case.id, jurisdiction="qinghe", version_id=version_id, key="bench",
        status=InstanceStatus.RUNNING, lock_version=0, state=state, started_at=NOW,
    )  # fmt: skip


def _item(place: Place, instance_id: Any, item_id: Any) -> Mapping[str, Any]:
    return {
        "id": item_id, "case_id": place.case.id, "instance_id": instance_id, "jurisdiction": "qinghe",
        "task_id": item_id.hex, "element_id": "register", "process_id": "bench", "name": "register",
        "form_id": "step", "role": "community", "unit_id": place.district.unit_id("willow"),
        "inbox_key": "community@willow", "why": {"role": "community", "relation": "place"}, "excluded": [],
        "state": "open", "priority": 0, "created_at": NOW,
    }  # fmt: skip
