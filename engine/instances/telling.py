"""Who hears of a rung: whom its ladder names, who is to sign it, and who is next when nobody answers."""

import contextlib
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select

from engine.audit import Actor, Tag
from engine.deadlines.explain import dated
from engine.deadlines.ladder import is_urgent
from engine.deadlines.models import Clock, Rung
from engine.errors import EngineError, Invalid, enumerated
from engine.instances.escalation_texts import TEXTS
from engine.instances.hooks import Step
from engine.instances.incidents import Attempt, raise_incident
from engine.instances.notifying import case_facts, of_staff, post
from engine.notices import Notice
from engine.organisation.models import OrgUnit, Staff
from engine.organisation.relations import CHAIN
from engine.organisation.sealing import knowing
from engine.organisation.service import addressees
from engine.spiff import StepFailed
from engine.tasks.models import LIVE, WorkItem

#: A rung that comes later than this after its time says when it should have come.
LATE: Final = timedelta(hours=1)
#: Who signs; the second where nobody holds the first.
SIGNERS: Final = ("supervision", "main_leader")
_HOLDER: Final = (
    select(WorkItem)
    .where(WorkItem.clock_id == bindparam("clock"), WorkItem.state.in_(LIVE))
    .order_by(WorkItem.created_at.desc())
    .limit(1)
)


class Audience:
    """Whom a rung can reach, seen from the work that its clock measures."""

    def __init__(self, step: Step, clock: Clock, rung: Rung) -> None:
        self.step, self.clock, self.rung = step, clock, rung
        self.item = step.session.scalars(_HOLDER, {"clock": clock.id}).first()
        self.unit = step.session.get(OrgUnit, clock.unit_id) if clock.unit_id else None
        self.facts = self._facts()

    def named(self, relations: Iterable[str]) -> tuple[list[Staff], list[EngineError]]:
        """Return the people whom relations mean, nobody twice, and why some of them mean nobody."""
        found: dict[UUID, Staff] = {}
        missed: list[EngineError] = []
        for relation in relations:
            try:
                found |= {staff.id: staff for staff in self._of(relation)}
            except EngineError as error:
                missed.append(error)
        return self._who_may_know(found.values()), missed

    def signers(self) -> tuple[list[Staff], list[EngineError]]:
        """Return who may sign: the supervision office, and where there is none, the main leader."""
        people, missed = self.named(SIGNERS[:1])
        return (people, missed) if people else self.named(SIGNERS[1:])

    def next_up(self, told: Collection[UUID]) -> list[Staff]:
        """Return who comes next when nobody of `told` answers: whom the ladder names, else the next of the chain."""
        following = self.rung.rule.get("next")
        steps = [following] if following else [[each] for each in CHAIN[_place(self.rung.rule["to"]) + 1 :]]
        for relations in steps:
            people = [each for each in self.named(relations)[0] if each.id not in told]
            if people:
                return people
        return []

    def told(self) -> list[Staff]:
        """Return who has had a notice of the rung."""
        key = f"{key_of(self.rung)}:"
        ids = select(Notice.staff_id).where(Notice.case_id == self.rung.case_id, Notice.key.startswith(key))
        return list(self.step.session.scalars(select(Staff).where(Staff.id.in_(ids)).order_by(Staff.name)))

    def send(
        self, people: list[Staff], *, template: str, part: str = "", own: bool = False, **facts: Any
    ) -> list[EngineError]:
        """Put the rung's notice to `people` in the outbox; return why it cannot be written.

        Args:
            part: of the key, where the rung speaks more than once: to its signers, to the next one up.
            own: the text is the engine's, not the package's.
        """
        if not people:
            return []
        try:
            post(
                self.step,
                key=key_of(self.rung) + (f":{part}" if part else ""),
                template=template,
                texts=TEXTS[template] if own else None,
                facts=self.facts | facts,
                recipients=of_staff(people),
                rung=self.rung.name,
                urgent=is_urgent(self.rung.rule, self.clock.started_at, self.clock.due_at),
                link=f"/escalations/rungs/{self.rung.id}",
            )
        except EngineError as error:
            return [error]
        names = {"clock": self.clock.name, "rung": self.rung.name, "to": [each.name for each in people]}
        self.step.ledger.note(Tag.NOTICE_QUEUED, names | {"template": template})
        return []

    def _of(self, relation: str) -> list[Staff]:
        return addressees(
            self.step.session,
            jurisdiction=self.step.jurisdiction,
            relation=relation,
            unit_code=self.unit.code if self.unit else self.facts["place"]["code"],
            owner_id=self.item.owner_id if self.item else None,
            role=self.item.role if self.item else self.clock.role,
        )

    def _who_may_know(self, people: Iterable[Staff]) -> list[Staff]:
        """Leave out whom a sealed matter is kept from, so that nobody counts as told who is not."""
        found = list(people)
        known = knowing(self.step.session, self.rung.case_id, [each.id for each in found])
        return [each for each in found if each.id in known]

    def _facts(self) -> dict[str, Any]:
        step, clock, rung, item = self.step, self.clock, self.rung, self.item
        process = step.version.definitions.processes.get(clock.process_id)
        element = process.elements.get(clock.element_id) if process else None
        owner = step.session.get(Staff, item.owner_id) if item and item.owner_id else None
        unit = self.unit.name if self.unit else ""
        return case_facts(step) | {
            "element": item.name if item else " ".join((element.name if element else clock.name).split()),
            "clock": {"name": clock.name, "kind": clock.kind},
            "due": dated(clock.due_at, step.zone, provisional=clock.provisional),
            "original_due": said(step, clock.original_due_at),
            "overdue": clock.due_at < step.now,
            "unit": unit,
            "owner": owner.name if owner else unit,
            "rung": rung.name,
            "rung_due": said(step, rung.due_at),
            "caught_up": step.now - rung.due_at > LATE and rung.signed_at is None,
            "sign": bool(rung.rule.get("sign")),
        }


def tell(step: Step, clock: Clock, rung: Rung) -> bool:
    """Put the rung's notices in the outbox; whom it cannot reach becomes an incident, not a silence.

    One that a person signs first goes to who may sign it, and to its addressees when that has been done. A rung that
    names nobody and no notice is only there for the timers of the diagram that follow it.

    Returns:
        Whether everybody was reached.
    """
    if not rung.rule["to"] and not rung.rule["notice"]:
        return True
    audience = Audience(step, clock, rung)
    if rung.unsigned:
        people, missed = audience.signers()
        missed += audience.send(people, template="slip_to_sign", part="sign", own=True)
    else:
        people, missed = audience.named(rung.rule["to"])
        missed += audience.send(people, template=rung.rule["notice"])
    if missed or not people:
        raise_incident_of(step, clock, rung, missed)
    return not missed and bool(people)


def raise_incident_of(step: Step, clock: Clock, rung: Rung, missed: list[EngineError]) -> None:
    """Raise the incident of a rung that does not reach everybody."""
    nobody = Invalid(
        "rung-unaddressed", "rung {rung} of {clock} is addressed to nobody", rung=rung.name, clock=clock.name
    )
    failure = StepFailed(
        missed[0].code if missed else nobody.code,
        element_id=clock.element_id,
        process_id=clock.process_id,
        task_id=clock.scope_id,
        reason=enumerated([error.message for error in missed or [nobody]]),
    )
    step.ledger.flush()
    attempt = Attempt("rung", str(rung.id), {}, Actor.engine())
    raise_incident(step.connection, step.held, attempt, failure, element=None, now=step.now)


def key_of(rung: Rung) -> str:
    """Return what the keys of a rung's notices begin with."""
    return f"rung:{rung.id.hex}"


def said(step: Step, moment: Any) -> str:
    """Write an instant as notices do."""
    return f"{moment.astimezone(step.zone):%Y-%m-%d %H:%M}"


def _place(relations: Iterable[str]) -> int:
    """How high in the chain a rung's addressees stand; a role outside of it as high as a department's lead."""
    places = [0]
    for relation in relations:
        with contextlib.suppress(ValueError):
            places.append(CHAIN.index("handler" if relation == "owner" else relation))
            continue
        places.append(CHAIN.index("department_lead"))
    return max(places)
