"""What a run is told in: names of elements as the diagram has them, of units and rungs; never ids."""

from collections.abc import Iterable
from typing import Final

from flask_babel import get_locale, gettext

from engine.definitions import LoadedVersion
from engine.errors import Phrase
from engine.organisation.roles import Role
from engine.sandbox.district import District
from engine.sandbox.looking import Event, Join, Task
from engine.sandbox.recording import Step
from engine.sandbox.waiting import Moment
from web.words import RUNGS, one_line, role_label, say_phrase

_ROLES: Final = frozenset(role.value for role in Role)


class Names:
    """Names of a version's elements, and of the units of where it is played, in the reader's language."""

    def __init__(self, version: LoadedVersion, district: District | None = None) -> None:
        self.version = version
        self.units = {unit.code: unit.name for unit in district.units} if district is not None else {}
        self.locale = str(get_locale() or "zh_CN")

    def element(self, element_id: str, process_id: str = "") -> str:
        """Return what an element is called; its id only where the diagram gives it no name."""
        known = self.version.definitions.processes
        found = process_id if process_id in known else next(
            (each.id for each in known.values() if element_id in each.elements), ""
        )  # fmt: skip
        return one_line(self.version.element_name(found, element_id, self.locale)) or element_id

    def where(self, said: str) -> str:
        """Return what a unit or role is called; of a party, its key."""
        return self.units.get(said) or (role_label(said) if said in _ROLES else said)

    def task(self, task: Task | Event | Join) -> str:
        """Return what a task, event or join is called."""
        process, element = (
            (task.waiting.process_id, task.waiting.element_id)
            if isinstance(task, Event)
            else (task.process_id, task.element_id)
        )
        named = self.element(element, process)
        return one_line(task.name) if named == element and task.name else named

    def moment(self, moment: Moment) -> str:
        """Return what falls due."""
        return self.said(moment.said) if moment.kind != "timer" else self.element(moment.element_id, moment.process_id)

    def clock(self, name: str) -> str:
        """Return what a clock is called: as the activity that it runs on."""
        for process in self.version.definitions.processes.values():
            for element in process.elements.values():
                if element.settings.get("clock") == name and element.name:
                    return str(gettext("“%(step)s”的时限", step=self.element(element.id, process.id)))
        return name

    def outcome(self, key: str) -> str:
        """Return what an end is called; `running` for none."""
        return str(gettext("办理中")) if key == "running" else self.version.outcome_name(key, self.locale)

    def said(self, text: str) -> str:
        """Return in words what a scenario keeps of something that waits or happened: `verify@willow`, `timer late`."""
        kind, _, rest = text.partition(" ")
        if kind == "timer" and rest:
            return self.element(rest)
        if kind in ("rung", "chase") and rest:
            clock, _, rung = rest.rpartition(" ")
            what = str(gettext("%(clock)s：%(rung)s", clock=self.clock(clock), rung=RUNGS.get(rung, rung)))
            return what if kind == "rung" else str(gettext("%(what)s，无人知悉或签发", what=what))
        if text.startswith("ended:"):
            return str(gettext("已结束：%(outcome)s", outcome=self.outcome(text.removeprefix("ended:"))))
        if text.startswith("incident:"):
            return str(gettext("停在“%(step)s”", step=self.element(text.split(":")[1])))
        element, at, where = text.partition("@")
        if at and where:
            return str(gettext("%(step)s（%(where)s）", step=self.element(element), where=self.where(where)))
        return self.element(text)

    def listed(self, texts: Iterable[str]) -> str:
        """Return several of them in words; a dash for none."""
        return str(gettext("，")).join(self.said(each) for each in texts) or "—"

    def step(self, step: Step) -> str:
        """Return in words what was done."""
        if step.do == "wait":
            return str(gettext("等到：%(what)s", what=self.listed(step.happened)))
        named = self.element(step.element, step.process)
        if step.do == "release":
            return str(gettext("放行：%(step)s", step=named))
        if not step.where:
            return named
        return str(gettext("%(step)s（%(where)s）", step=named, where=self.where(step.where)))

    def phrase(self, phrase: Phrase) -> str:
        """Return a sentence about a run, with what it names in words."""
        return say_phrase(phrase.with_texts(self._text))

    def _text(self, text: str) -> str:
        """Name what a fact lists; a text that is nothing of a run stays."""
        parts = text.split(", ")
        return str(gettext("，")).join(self._part(part) for part in parts)

    def _part(self, text: str) -> str:
        do, _, rest = text.partition(" ")
        if do in ("answer", "send", "release") and self._knows(rest):
            return self.element(rest)
        if do in ("timer", "rung", "chase") or text.startswith(("ended:", "incident:")):
            return self.said(text)
        return self.said(text) if self._knows(text.partition("@")[0]) else text

    def _knows(self, element_id: str) -> bool:
        return any(element_id in each.elements for each in self.version.definitions.processes.values())
