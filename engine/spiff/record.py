"""What has happened in a running process since somebody asked."""

from typing import Any

from engine.spiff.remains import Place
from engine.spiff.specs.element import About
from engine.spiff.specs.events import Catching
from engine.spiff.specs.token import CANCELLED, Token
from engine.spiff.views import Ending, Passed, Thrown


class Record:
    """The elements passed, what was thrown outside, and the end events reached."""

    spec: Any
    script_engine: Any

    def prepare_record(self) -> None:
        """Begin a new process."""
        self.passed: list[Passed] = []
        self.thrown: list[Thrown] = []
        self.endings: list[Ending] = []
        #: what activities that have ended knew inside, see `engine.spiff.remains`
        self.remains: dict[Place, dict[str, Any]] = {}

    def note_passed(self, task: Token) -> None:
        """Remember an element that was completed or given up, for `recorded`."""
        spec = task.task_spec
        about = spec.about
        if about is None:
            return
        cancelled = task._state == CANCELLED
        if about.kind == "endEvent" and not cancelled:
            self.note_ending(task, about)
        if cancelled and (spec.joins or isinstance(spec, Catching)):
            return
        self.passed.append(
            Passed(
                element_id=about.element_id,
                process_id=about.process_id,
                kind=about.kind,
                name=about.name,
                task_id=task.id,
                cancelled=cancelled,
            )
        )

    def note_ending(self, task: Token, about: About) -> None:
        """Remember an end event of the process itself, and any of it that says an outcome."""
        if about.process_id != self.spec.process_id or any(about.element_id == e.element_id for e in self.endings):
            return
        workflow = task.workflow
        outermost = workflow is self or (workflow.spec.is_body and workflow.parent_workflow is self)
        said = about.settings.get("outcome")
        if outermost or said:
            outcome = None if said is None else str(self.script_engine.text_or_value(task, said))
            self.endings.append(
                Ending(element_id=about.element_id, process_id=about.process_id, name=about.name, outcome=outcome)
            )
