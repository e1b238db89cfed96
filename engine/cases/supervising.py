"""The supervision slip (督办单): seen before it is signed, signed by a person, numbered and served by that.

Source: 信访工作条例 art. 39, 40.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from engine.cases.documents import issue_document, render
from engine.cases.handling import Acting
from engine.cases.models import Case
from engine.cases.subject import get_case, subject_of
from engine.clock import CHINA
from engine.db import writing
from engine.deadlines.explain import dated
from engine.deadlines.models import Clock, Rung
from engine.definitions import LoadedVersion
from engine.errors import Invalid, NotFound
from engine.forms.messages import N_
from engine.instances.hooks import Step
from engine.instances.reading import version_of
from engine.organisation.models import OrgUnit
from engine.organisation.policy import Action, CaseSubject, Viewer, may, require
from engine.organisation.roles import Role

#: Characters of what is demanded, at least and at most.
SHORTEST: Final = 4
LONGEST: Final = 1000
#: Who signs, first come first.
_SIGNING: Final = (Role.SUPERVISION, Role.MAIN_LEADER)


@dataclass(frozen=True, kw_only=True)
class Slip:
    """What there is to sign.

    Args:
        template: of the paper, None where the ladder names none: then the signature alone is recorded.
        step: name of what is late.
        unit: whose it is.
        paper: the text as it will read, but for its number; None without a template.
    """

    case: Case
    clock: Clock
    rung: Rung
    template: str | None
    step: str
    unit: str
    paper: str | None


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What a slip says of its own.

    Args:
        text: what is required of whom it goes to.
        by: the day by which it is to be done.
    """

    text: str = ""
    by: date | None = None

    def check(self, today: date) -> None:
        """Refuse what cannot be signed.

        Raises:
            Invalid: `slip-incomplete`, with `fields`: `demand`, `by`.
        """
        fields: dict[str, list[str]] = {}
        if not SHORTEST <= len(self.text.strip()) <= LONGEST:
            fields["demand"] = [N_("Write what is required, in 4 to 1000 characters.")]
        if self.by is None or self.by < today:
            fields["by"] = [N_("Choose a day from today on.")]
        if fields:
            raise Invalid("slip-incomplete", "The slip is not complete, so nothing was signed.", fields=fields)


def slip(session: Session, viewer: Viewer, rung_id: UUID, *, now: datetime, demand: Demand | None = None) -> Slip:
    """Return what a rung asks somebody to sign, with the paper as it will read.

    Raises:
        NotFound: there is no such rung, or its case may not be known.
        Forbidden: the viewer may not sign in this case.
    """
    rung, case, subject = _open(session, viewer, rung_id)
    clock = session.get_one(Clock, rung.clock_id)
    version = version_of(session, clock.instance_id)
    template = rung.rule.get("document") or None
    body = _body(session, viewer, subject)
    facts = _facts(session, version, case, clock, demand or Demand(), viewer.name or "")
    draft = {**facts, "number": "—", "body": body.name, "issued_at": now}
    return Slip(
        case=case, clock=clock, rung=rung, template=template, step=facts["step"], unit=facts["supervised_unit"],
        paper=render(version.document(template), draft, kind=template) if template else None,
    )  # fmt: skip


def sign(acting: Acting, rung_id: UUID, demand: Demand) -> Rung:
    """Sign a slip: it gets its number, is frozen as it reads, and is served on those whom the ladder names.

    Raises:
        NotFound: there is no such rung, or its case may not be known.
        Forbidden: this person may not sign in this case.
        Invalid: `slip-incomplete`; `document-template`. Nothing was signed, no number used up.
        Conflict: see `engine.instances.escalation.sign`.
    """
    session = acting.session
    rung, case, subject = _open(session, acting.viewer, rung_id)
    if rung.rule.get("document"):
        demand.check(acting.now.astimezone(CHINA).date())
    body = _body(session, acting.viewer, subject)

    def issue(step: Step, clock: Clock, signed: Rung) -> UUID | None:
        template = signed.rule.get("document")
        if not template:
            return None
        document = issue_document(
            session,
            case=case,
            kind=template,
            source=step.version.document(template),
            facts=_facts(session, step.version, case, clock, demand, acting.staff.name),
            body=body,
            version_id=step.held.version_id,
            actor=acting.actor,
            now=acting.now,
            served=False,  # on staff, by their notices; the resident has no part in it
        )
        return document.id

    with writing(session):
        return acting.runtime.sign_rung(session, rung_id, issue=issue, actor=acting.actor, now=acting.now)


def _open(session: Session, viewer: Viewer, rung_id: UUID) -> tuple[Rung, Case, CaseSubject]:
    rung = session.get(Rung, rung_id)
    if rung is None:
        raise NotFound("rung-unknown", "There is no escalation {rung}.", rung=str(rung_id))
    case = get_case(session, rung.case_id)
    subject = subject_of(session, case)
    require(viewer, Action.SIGN, subject)
    return rung, case, subject


def _body(session: Session, viewer: Viewer, subject: CaseSubject) -> OrgUnit:
    """The unit in whose name somebody signs: that of the role by which they may."""
    for role in _SIGNING:
        for standing in viewer.standings:
            alone = Viewer(kind=viewer.kind, staff_id=viewer.staff_id, standings=(standing,))
            if standing.role == role and may(alone, Action.SIGN, subject):
                return session.get_one(OrgUnit, standing.unit_id)
    raise NotFound("signing-unit-unknown", "You hold no role here in whose name a slip can be signed.")


def _facts(
    session: Session, version: LoadedVersion, case: Case, clock: Clock, demand: Demand, signer: str
) -> Mapping[str, Any]:
    place = session.get_one(OrgUnit, case.place_id)
    unit = session.get(OrgUnit, clock.unit_id) if clock.unit_id else None
    return {
        "case": {"number": case.number, "title": case.title},
        "place": {"name": place.name},
        "step": version.element_name(clock.process_id, clock.element_id, "zh_CN"),
        "original_due": _moment(clock.original_due_at),
        "due": dated(clock.due_at, CHINA, provisional=clock.provisional),
        "supervised_unit": unit.name if unit else place.name,
        "supervision_demand": demand.text.strip(),
        "supervision_due": demand.by.isoformat() if demand.by else "",
        "signed_by": signer,
    }


def _moment(value: datetime) -> str:
    return f"{value.astimezone(CHINA):%Y-%m-%d %H:%M}"
