"""Events, and the gateway that waits for the first of several."""

from typing import Any

from engine.spiff.data import merged, standing
from engine.spiff.specs.activities import Activity
from engine.spiff.specs.element import About, Element
from engine.spiff.specs.token import OPEN, WAITING, Token
from engine.spiff.specs.triggers import Condition, Escalation, Message, Scoped, Signal, Terminate, Timer, Trigger


class Catching(Activity):
    """Waits for its trigger: an intermediate event, or a receive task.

    Behind an event gateway it has no trigger: the gateway has waited already.
    """

    trigger: Trigger | None = None

    def _update_hook(self, task: Token) -> bool:
        super()._update_hook(task)
        if self.trigger is None:
            return True
        self.trigger.arm(task, task.internal_data)
        self.wait(task)
        return False

    def wait(self, task: Token) -> None:
        """Begin to wait."""
        task._set_state(WAITING)
        task.workflow.top_workflow.event_manager.add_task(task)

    def triggers(self, task: Token) -> list[tuple[Trigger, dict[str, Any], About | None]]:
        """What a waiting task waits for, with what is remembered, and the author's element."""
        assert self.trigger is not None
        return [(self.trigger, task.internal_data, self.about)]

    def happen(self, task: Token, index: int = 0, payload: dict[str, Any] | None = None) -> None:
        """The trigger has happened."""
        if payload:
            task.internal_data["payload"] = payload
        task._ready()

    def _on_ready_hook(self, task: Token) -> None:
        super()._on_ready_hook(task)
        task.workflow.top_workflow.event_manager.remove_task(task)

    def _on_cancel(self, task: Token) -> None:
        super()._on_cancel(task)
        task.workflow.top_workflow.event_manager.remove_task(task)

    def _run_hook(self, task: Token) -> None:
        source = task if self.trigger is not None else task.parent
        task.before_payload = task.data
        task.data = {**task.data, **source.internal_data.get("payload", {})}

    def hand_back(self, task: Token, outside: dict[str, Any], repeated: bool) -> None:
        """With an output mapping, what the message brought stays inside."""
        super().hand_back(task, task.before_payload, repeated)


class EventGateway(Catching):
    """Goes where the first event that happens leads.

    SpiffWorkflow keeps one due time for two timers and finds the winner by equality. Each trigger has its own store
    here, and the winner is an index.

    Attributes:
        awaited: (trigger, the author's catching event), in the order of the targets.
    """

    awaited: tuple[tuple[Trigger, About | None], ...] = ()

    def _update_hook(self, task: Token) -> bool:
        Element._update_hook(self, task)
        stores: list[dict[str, Any]] = []
        for trigger, _ in self.awaited:
            store: dict[str, Any] = {}
            trigger.arm(task, store)
            stores.append(store)
        task.internal_data["slots"] = stores
        self.wait(task)
        return False

    def triggers(self, task: Token) -> list[tuple[Trigger, dict[str, Any], About | None]]:
        stores = task.internal_data["slots"]
        return [(trigger, stores[index], about) for index, (trigger, about) in enumerate(self.awaited)]

    def happen(self, task: Token, index: int = 0, payload: dict[str, Any] | None = None) -> None:
        """Note the winner: a timer that was due before another event came has won, whenever it is said to."""
        overdue = self.overdue(task)
        if overdue is not None and not isinstance(self.awaited[index][0], Timer):
            index, payload = overdue, None
        task.internal_data["winner"] = index
        super().happen(task, index, payload)

    def overdue(self, task: Token) -> int | None:
        """The index of the timer that was due first, if one was."""
        now = task.workflow.script_engine.now()
        due = []
        for index, (trigger, store, _) in enumerate(self.triggers(task)):
            moment = trigger.due(store) if isinstance(trigger, Timer) else None
            if moment is not None and moment <= now:
                due.append((moment, index))
        return min(due)[1] if due else None

    def _run_hook(self, task: Token) -> None:
        """Nothing: the catching event behind the gateway takes the payload."""

    def choose(self, task: Token) -> list[Any]:
        return [self.targets[task.internal_data["winner"]]]


class BoundaryEvent(Catching):
    """An event on the border of an activity; acts before anything else that is ready, so that what it interrupts does
    not run. Not interrupting, it can happen again.

    Attributes:
        interrupts: cancels the activity.
        sees_scope: its activity is a sub-process, whose data it takes as it now stands.
    """

    urgent = True
    interrupts = True
    sees_scope = False

    def _run_hook(self, task: Token) -> None:
        fork = task.parent
        main = fork.task_spec.main_task(fork)
        if self.sees_scope and main is not None:
            inside = task.workflow.top_workflow.get_subprocess(main)
            if inside is not None:
                task.data = standing(inside)
                if not self.interrupts:
                    task.internal_data["seen"] = True  # what others changed; see data.changes
        super()._run_hook(task)

    def _on_complete_hook(self, task: Token) -> None:
        super()._on_complete_hook(task)
        fork = task.parent
        main = fork.task_spec.main_task(fork)
        if self.interrupts:
            for other in fork.children:
                if other is main or other._state == WAITING:
                    other.cancel()
        elif main is not None and main._state & OPEN:
            self.rearm(task, fork)

    def rearm(self, task: Token, fork: Token) -> None:
        """Wait for the next occurrence."""
        trigger = self.trigger
        store: dict[str, Any] = {}
        if isinstance(trigger, Timer):
            following = trigger.rearmed(task.internal_data, task.workflow.script_engine.now())
            if following is None:
                return
            store = following
        elif isinstance(trigger, Condition):
            store = {"spent": True}
        elif "correlation" in task.internal_data:
            store = {"correlation": task.internal_data["correlation"]}
        again = fork._add_child(self)
        again.data = dict(fork.data)
        again.internal_data.update(store)
        self.wait(again)


class Throwing(Activity):
    """Throws its trigger: an intermediate event or an end event."""

    trigger: Trigger | None = None

    def _run_hook(self, task: Token) -> None:
        top = task.workflow.top_workflow
        if isinstance(self.trigger, Signal):
            top.broadcast(self.trigger)
        elif isinstance(self.trigger, Message):
            top.throw_message(task, self.trigger)
        elif isinstance(self.trigger, Escalation):
            top.throw_outwards(task, self.trigger)


class EndEvent(Throwing):
    """Ends a token: plainly, by throwing, or together with its process."""

    def choose(self, task: Token) -> list[Any]:
        aborts = isinstance(self.trigger, Terminate) or (
            isinstance(self.trigger, Scoped) and not isinstance(self.trigger, Escalation)
        )
        return [] if aborts else self.targets

    def _on_complete_hook(self, task: Token) -> None:
        super()._on_complete_hook(task)
        if isinstance(self.trigger, Terminate):
            others = [other for other in task.workflow.live_tokens() if other is not task]
            task.data = merged([task, *[other.parent or other for other in others]])
            task.workflow.terminate(task)
        elif isinstance(self.trigger, Scoped) and not isinstance(self.trigger, Escalation):
            task.workflow.top_workflow.throw_outwards(task, self.trigger)
