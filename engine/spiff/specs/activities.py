"""Activities: what people, decisions, services and other processes do."""

from typing import Any

from engine.spiff.data import standing
from engine.spiff.ports import ServiceCall
from engine.spiff.remains import recall, remember
from engine.spiff.specs.element import Element
from engine.spiff.specs.token import READY, STARTED, Token
from engine.spiff.values import assign


class Activity(Element):
    """An activity with input and output mapping.

    Inputs make variables of its own, which end with it. With outputs, only they leave it; without, everything that
    it changed. Source: Camunda 8 documentation, "Input/output variable mappings".
    """

    #: What it changes stays inside unless an output mapping says otherwise.
    isolated = False

    def _update_hook(self, task: Token) -> bool:
        super()._update_hook(task)
        own = task.internal_data.get("own")
        if own:
            task.data.update(own)
        if self.takes:
            engine = task.workflow.script_engine
            for exchange in self.takes:
                assign(task.data, exchange.target, engine.text_or_value(task, exchange.source))
        return True

    def _on_complete_hook(self, task: Token) -> None:
        super()._on_complete_hook(task)
        parent = task.parent
        around = parent.task_spec if parent is not None else None
        repeated = getattr(around, "each", None) == self.name
        if self.takes or self.gives or self.isolated or repeated:
            self.hand_back(task, around.seen_by(parent) if repeated else parent.data, repeated)  # type: ignore[union-attr]
        if repeated:
            around.instance_done(parent, task)  # type: ignore[union-attr]
        elif getattr(around, "main", None) == self.name:
            around.disarm(parent)  # type: ignore[union-attr]

    def hand_back(self, task: Token, outside: dict[str, Any], repeated: bool) -> None:
        """Leave in `task.data` what the activity gives to the process around it."""
        inside = task.data
        engine = task.workflow.script_engine
        if self.gives:
            given = dict(outside)
            for exchange in self.gives:
                assign(given, exchange.target, engine.text_or_value(task, exchange.source))
        else:
            given = dict(outside) if self.isolated else dict(inside)
            own = task.internal_data.get("own") or {}
            for name in {exchange.target.partition(".")[0] for exchange in self.takes} | own.keys():
                given.pop(name, None)
                if name in outside:
                    given[name] = outside[name]
        if repeated:
            task.data = {**inside, **given} if self.gives else inside
            task.parent.task_spec.collect(task.parent, task)
        task.data = given


class ManualActivity(Activity):
    """A user task or manual task: waits, READY, until somebody completes it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.manual = True


class Plain(Activity):
    """A task without a type: nothing to do."""


class Script(Activity):
    """Evaluates FEEL. SpiffWorkflow would run Python here, as the server's user."""

    expression: str
    result: str | None = None

    def _run_hook(self, task: Token) -> None:
        value = task.workflow.script_engine.text_or_value(task, self.expression)
        _take(task, self.result, value)


class Decision(Activity):
    """Evaluates a decision of the package."""

    decision_id: str
    result: str | None = None

    def _run_hook(self, task: Token) -> None:
        engine = task.workflow.script_engine
        identifier = engine.text_or_value(task, self.decision_id)
        _take(task, self.result, engine.decide(task, str(identifier)))


class Service(Activity):
    """A send or service task: the runtime carries it out."""

    type: str
    headers: dict[str, str]
    result: str | None = None

    def _run_hook(self, task: Token) -> None:
        about = self.about
        assert about is not None
        engine = task.workflow.script_engine
        call = ServiceCall(
            element_id=about.element_id,
            process_id=about.process_id,
            type=str(engine.text_or_value(task, self.type)),
            headers=self.headers,
            settings=about.settings,
            data=task.data,
            task_id=task.id,
        )
        _take(task, self.result, engine.perform(task, call))


def _take(task: Token, name: str | None, value: Any) -> None:
    """Write a result: into its variable, or a context key by key when there is none."""
    if name:
        assign(task.data, name, value)
    elif isinstance(value, dict):
        task.data.update(value)


class SubProcess(Activity):
    """An embedded sub-process. Its data is that of the process around it."""

    #: The name of its specification among the sub-process specifications.
    spec: str
    shares_scope = True
    #: Whether the inside sees all that is known around it.
    passes_parent = True

    def _update_hook(self, task: Token) -> bool:
        super()._update_hook(task)
        task.workflow.top_workflow.begin_inside(task, self.passed(task))
        task._set_state(STARTED)
        return False

    def opened(self, task: Token) -> dict[str, Any]:
        """Make the variables of its own, and return what the inside starts with; it does not begin by itself."""
        Activity._update_hook(self, task)
        return dict(self.passed(task))

    def reopened(self, task: Token) -> dict[str, Any]:
        """Likewise, and the inside knows again what it knew."""
        inside = self.opened(task)
        recall(task, inside)
        return inside

    def passed(self, task: Token) -> dict[str, Any]:
        """What the inside starts with."""
        return dict(task.data)

    def inside_completed(self, inside: Any, task: Token) -> None:
        """The last token inside has ended."""
        remember(task, inside.final_data)
        task.data = dict(inside.final_data)
        if inside.terminated:
            task.internal_data["terminated"] = True
        task._set_state(READY)

    def _on_cancel(self, task: Token) -> None:
        super()._on_cancel(task)
        top = task.workflow.top_workflow
        for inside in top.scopes_in(task):
            remember(task, standing(inside))
        top.cancel_inside(task)


class Call(SubProcess):
    """A called process: it sees what is passed, and gives back what its mapping says.

    Without a mapping all of its data comes back, unless `propagateAllChildVariables` is false; SpiffWorkflow copies
    all back in any case, so that a second round of several instances finds its own variables already there.
    """

    shares_scope = False

    def passed(self, task: Token) -> dict[str, Any]:
        if self.passes_parent:
            return dict(task.data)
        own = {exchange.target.partition(".")[0] for exchange in self.takes}
        own |= set(task.internal_data.get("own") or ())
        return {name: value for name, value in task.data.items() if name in own}

    def inside_completed(self, inside: Any, task: Token) -> None:
        remember(task, inside.final_data)
        task.data = {**task.data, **inside.final_data}
        task._set_state(READY)
