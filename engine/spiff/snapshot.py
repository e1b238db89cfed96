"""The state of a running process as few bytes: arrays, only what a task changed of its parent's data, JSON, zstd.

Form 2, after decompression: `[form, has typed values, process]`.
Process: `[prefix, number, moment, scope, [[task number, scope], …], endings, [[place, data], …]]`, at its end what
activities that have ended knew inside.
Scope: `[data, completed, last task number, final data, terminated, [row, …]]`.
Row: `[number, parent number or null, state, specification, moment, internal data or 0, data changed or 0, gone or 0]`.
"""

from collections.abc import Callable
from threading import local
from typing import Any

import orjson
import zstandard

from engine.errors import Invalid
from engine.spiff.environment import Environment
from engine.spiff.execution import Execution, Inside
from engine.spiff.specs.events import Catching
from engine.spiff.specs.token import READY, WAITING, Token
from engine.spiff.values import decoded, dumps
from engine.spiff.views import Ending

#: The form that is written. Reading an older one goes through `MIGRATIONS`, each from its form to the next.
FORM = 2
MIGRATIONS: dict[int, Callable[[list[Any]], list[Any]]] = {1: lambda process: [*process, []]}
#: No snapshot is larger; a compressed one could otherwise fill the memory.
MAX_BYTES = 50_000_000
#: What a snapshot begins with, before the compressed part: our mark and the form, so that a wrong blob is told apart.
MAGIC = b"CS"


class _Zstd(local):
    """What packs and unpacks in one thread: making either takes as long as it works on a snapshot."""

    def __init__(self) -> None:
        self.packing = zstandard.ZstdCompressor(3)
        self.unpacking = zstandard.ZstdDecompressor()


_zstd = _Zstd()


def write_snapshot(execution: Execution) -> bytes:
    """Write the state of a process.

    Returns:
        The snapshot; about 1 KiB for a petition half way.
    """
    content = [
        execution.prefix,
        execution.number,
        execution.moment,
        _scope(execution),
        [[_number(task_id), _scope(inside)] for task_id, inside in execution.subprocesses.items()],
        [[e.element_id, e.process_id, e.name, e.outcome] for e in execution.endings],
        # into a process that has ended nobody is sent back
        [] if execution.completed else [[place, data] for place, data in execution.remains.items()],
    ]
    body, typed = dumps(content)
    return MAGIC + bytes([FORM, typed]) + _zstd.packing.compress(body)


def _number(task_id: str) -> int:
    return int(task_id[24:], 16)


def _scope(scope: Any) -> list[Any]:
    return [
        scope.data,
        scope.completed,
        _number(scope.last_task.id) if scope.last_task is not None else None,
        scope.final_data,
        scope.terminated,
        [_row(task, scope.tasks) for task in scope.tasks.values()],
    ]


def _row(task: Token, tasks: dict[str, Token]) -> list[Any]:
    parent_id = task._parent
    data = task.data
    changed: Any = data
    gone: Any = 0
    if parent_id is not None:
        before = tasks[parent_id].data
        if before is data:
            changed = 0
        else:
            missing = object()
            changed = {
                key: value
                for key, value in data.items()
                if (old := before.get(key, missing)) is not value and old != value
            }
            if len(data) - len(changed) != len(before):
                gone = [key for key in before if key not in data]
    return [
        int(task.id[24:], 16),
        None if parent_id is None else int(parent_id[24:], 16),
        task._state,
        task.task_spec.name,
        task.last_state_change,
        task.internal_data or 0,
        changed or 0,
        gone or 0,
    ]


def read_snapshot(spec: Any, inner_specs: dict[str, Any], blob: bytes, environment: Environment) -> Execution:
    """Bring a process back.

    Raises:
        Invalid: the bytes are no snapshot, of a later form, or of another version of the process.
    """
    try:
        content = _content(blob)
        return _execution(spec, inner_specs, content, environment)
    except (KeyError, IndexError, TypeError, ValueError, zstandard.ZstdError) as error:
        raise Invalid(
            "snapshot-unreadable", "the state of this case does not fit its process: {reason}", reason=repr(error)
        ) from error


def _content(blob: bytes) -> list[Any]:
    if blob[:2] != MAGIC:
        raise Invalid("snapshot-unknown", "these bytes are not the state of a process")
    form, typed = blob[2], blob[3]
    if form > FORM:
        raise Invalid("snapshot-later", "this state was written by a later version (form {form})", form=form)
    if zstandard.frame_content_size(blob[4:]) > MAX_BYTES:
        raise Invalid("snapshot-too-large", "this state is larger than {limit} bytes", limit=MAX_BYTES)
    body = _zstd.unpacking.decompress(blob[4:])
    content: list[Any] = orjson.loads(body)
    if typed:
        content = decoded(content)
    while form < FORM:
        content, form = MIGRATIONS[form](content), form + 1
    return content


def _execution(spec: Any, inner_specs: dict[str, Any], content: list[Any], environment: Environment) -> Execution:
    prefix, number, moment, outer, inner, endings, remains = content
    execution = Execution(spec, inner_specs, environment)
    execution.prefix, execution.number, execution.moment = prefix, number, moment
    execution.endings = [Ending(element_id=e, process_id=p, name=n, outcome=o) for e, p, n, o in endings]
    execution.remains = {tuple(tuple(step) for step in place): data for place, data in remains}
    _fill(execution, outer, prefix)
    pending = {f"{prefix}{task:08x}": scope for task, scope in inner}
    frontier: list[Any] = [execution]
    while frontier and pending:
        around = frontier.pop()
        for task in list(around.tasks.values()):
            scope = pending.pop(task.id, None)
            if scope is not None:
                inside = execution.subprocesses[task.id] = Inside(inner_specs[task.task_spec.spec], task, execution)
                _fill(inside, scope, prefix)
                frontier.append(inside)
    return execution


def _fill(scope: Any, content: list[Any], prefix: str) -> None:
    scope.data, scope.completed, last, scope.final_data, scope.terminated, rows = content
    specs, tasks, top = scope.spec.task_specs, scope.tasks, scope.top_workflow
    for number, parent_number, state, name, moment, internal, changed, gone in rows:
        parent = None if parent_number is None else tasks[f"{prefix}{parent_number:08x}"]
        task = Token(scope, specs[name], parent, state, f"{prefix}{number:08x}")
        task.last_state_change = moment
        if internal:
            task.internal_data = internal
        if parent is None:
            task.data = changed or {}
        else:
            data = {**parent.data, **changed} if changed else dict(parent.data)
            if gone:
                for key in gone:
                    data.pop(key, None)
            task.data = data
        if state == WAITING:
            if task.task_spec.joins:
                scope.joining[task.id] = task
            elif isinstance(task.task_spec, Catching):
                top.event_manager.tasks[task.id] = task
        elif state == READY:
            top.became_ready(task)
    scope.task_tree = next(iter(tasks.values()))
    scope.last_task = tasks.get(f"{prefix}{last:08x}") if last is not None else None
