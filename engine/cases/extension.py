"""Ask for more time: a message to the process, which has it approved or refused."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.errors import Conflict, Forbidden, Invalid
from engine.instances.reading import task_data, waiting_messages
from engine.instances.runtime import Runtime
from engine.organisation.models import Staff
from engine.tasks.models import WorkItem, WorkItemState

#: the message that a diagram waits for where an extension may be asked for
MESSAGE: Final = "extension_requested"
#: what nobody approves anyway
_MOST_DAYS: Final = 90
_SHORTEST_REASON: Final = 4


def may_ask(session: Session, item: WorkItem, staff: Staff) -> bool:
    """Say whether `staff`, who has the task, can ask for more time now: the process waits to be asked by their unit."""
    if item.owner_id != staff.id or item.state != WorkItemState.CLAIMED or _unit(session, item) is None:
        return False
    return any(message.name == MESSAGE for message in waiting_messages(session, item.instance_id))


def ask_for_extension(
    session: Session, item: WorkItem, *, days: str, reason: str, staff: Staff, runtime: Runtime, now: datetime
) -> None:
    """Ask for more time. Whoever approves it gets a task; the date stays until then.

    Args:
        days: working days, as typed.
        reason: what the resident will be told when it is approved.

    Raises:
        Invalid: `extension-invalid`; `facts["fields"]` says what is wrong.
        Forbidden: the task is somebody else's.
        Conflict: the process does not wait for this now.
    """
    if item.owner_id != staff.id:
        raise Forbidden("task-not-yours", "“{task}” is held by somebody else, who alone can ask for more time.",
                        task=item.name)  # fmt: skip
    fields: dict[str, list[str]] = {}
    if not days.isascii() or not days.isdigit() or not 1 <= int(days) <= _MOST_DAYS:
        fields["days"] = [f"1–{_MOST_DAYS}"]
    if len(reason) < _SHORTEST_REASON:
        fields["reason"] = [f"≥ {_SHORTEST_REASON}"]
    if fields:
        raise Invalid(
            "extension-invalid",
            "Ask for 1 to {most} working days, with a reason of at least {shortest} characters.",
            most=_MOST_DAYS, shortest=_SHORTEST_REASON, fields=fields,
        )  # fmt: skip
    payload = {"extension_request": {"days": int(days), "reason": reason, "unit": _unit(session, item)}}
    if not may_ask(session, item, staff) or not runtime.send_message(
        session, item.instance_id, MESSAGE, payload, actor=Actor.staff(staff), now=now
    ):
        raise Conflict("extension-not-open", "“{task}” cannot be prolonged now.", task=item.name)


def _unit(session: Session, item: WorkItem) -> str | None:
    """Return the code of the unit whose assignment the task belongs to; None when it belongs to none."""
    assignment = task_data(session, item).get("assignment")
    unit = assignment.get("unit") if isinstance(assignment, dict) else None
    return unit if isinstance(unit, str) else None
