"""Send tasks that notify people: the template, whom it goes to, and what it may say."""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Connection, String, Table, Uuid, bindparam, column, select, table

from engine import feel
from engine.audit import Tag
from engine.deadlines.dates import Dates, unit_of
from engine.deadlines.explain import dated
from engine.deadlines.models import Clock, ClockState
from engine.errors import Invalid
from engine.instances.hooks import Step
from engine.notices import NoticeTexts, Recipient
from engine.notices.outbox import compose
from engine.organisation.models import OrgUnit, Staff
from engine.organisation.sealing import is_sealed
from engine.organisation.service import addressees
from engine.prepared import Found, PreparedRead
from engine.spiff import ServiceCall
from engine.tasks.models import LIVE, WorkItem

_PARTY_KEY: Final = re.compile(r"p[1-9]")
# What a notice says of the case; its model belongs to a room above this one.
_CASE: Final = table(
    "case", column("id", Uuid()), column("number", String()), column("title", String()), column("place_id", Uuid())
)
_UNIT: Final = cast(Table, OrgUnit.__table__)
_CLOCK: Final = cast(Table, Clock.__table__)
_DUE: Final = _CLOCK.alias("due")
#: the clock whose date notices speak of
_FOREMOST: Final = (
    select(_CLOCK.c.id)
    .where(_CLOCK.c.case_id == _CASE.c.id, _CLOCK.c.state == ClockState.RUNNING.value)
    .order_by((_CLOCK.c.kind == "statutory").desc(), _CLOCK.c.due_at)
    .limit(1)
    .scalar_subquery()
    .correlate(_CASE)
)
_CASES: Final = (
    select(
        _CASE.c.id, _CASE.c.number, _CASE.c.title, _UNIT.c.name.label("place"), _UNIT.c.code,
        _DUE.c.due_at, _DUE.c.provisional, is_sealed(_CASE.c.id).label("sealed"),
    )
    .join(_UNIT, _UNIT.c.id == _CASE.c.place_id)
    .outerjoin(_DUE, _DUE.c.id == _FOREMOST)
)  # fmt: skip
_OF_CASE: Final = PreparedRead(_CASES.where(_CASE.c.id == bindparam("case", type_=Uuid())))
_OF_CASES: Final = _CASES.where(_CASE.c.id.in_(bindparam("cases", type_=Uuid(), expanding=True)))
_OWNERS: Final = (
    select(Staff)
    .join(WorkItem, WorkItem.owner_id == Staff.id)
    .where(WorkItem.case_id == bindparam("case"), WorkItem.state.in_(LIVE), Staff.active)
    .distinct()
)


def notify_task(step: Step, call: ServiceCall) -> Mapping[str, Any] | None:
    """Put the notices of a send task in the outbox.

    Settings: `notice` (a template's key), `to` (`resident`, `parties`, `party:<key or FEEL>`, `owner`, or
    `<role or relation>@<unit>`, several separated by `;`; the unit may be FEEL after `=`; without one it is the place
    of the matter).

    Raises:
        Invalid: no template or nobody is named.
        NotFound: the package has no such template, or a relation means nobody.
    """
    template, whom = call.settings.get("notice", ""), call.settings.get("to", "")
    if not template or not whom.strip():
        raise Invalid(
            "notice-unaddressed",
            "chuishao:notice and chuishao:to of {element} must both be set",
            element=call.element_id,
        )
    facts = case_facts(step) | dict(call.data)
    if step.case is not None and step.case.due_at is not None:
        facts["due"] = dated(step.case.due_at, step.zone, provisional=step.case.provisional)
    facts["clocks"] = Dates(step.connection, step.case_id, unit_of(call.data), step.zone)
    for number, relation in enumerate(part.strip() for part in whom.split(";") if part.strip()):
        found, residents = _found(step, call, relation)
        post(
            step,
            key=f"task:{step.held.id.hex}:{call.task_id}:{number}",
            template=template,
            facts=facts,
            recipients=found,
            for_resident=residents,
        )
        told = {"template": template, "to": relation, "reached": len(found), "element": call.element_id}
        step.ledger.note(Tag.NOTICE_QUEUED, told)
    return None


def reaches_residents(whom: str) -> bool:
    """Say whether one of the addressees of `chuishao:to` is who filed the matter, or another party of it."""
    relations = (part.strip() for part in whom.split(";"))
    return any(relation in ("resident", "parties") or relation.startswith("party:") for relation in relations)


def post(
    step: Step,
    *,
    key: str,
    template: str,
    facts: Mapping[str, Any],
    recipients: list[Recipient],
    for_resident: bool = False,
    rung: str | None = None,
    urgent: bool | None = None,
    texts: NoticeTexts | None = None,
    link: str = "",
) -> None:
    """Put one notice for each recipient and channel in the outbox.

    Args:
        urgent: whether it is sent in quiet hours; None: as its rung says.
        texts: where the template is not one of the package.
        link: path that it leads to; the page of the case where it is empty, the resident's own for a resident.
    """
    if not recipients:
        return
    writes = compose(
        step.session,
        key=key,
        jurisdiction=step.jurisdiction,
        case_id=step.case_id,
        template=template,
        texts=texts or step.version.notice_texts(template),
        facts=facts,
        recipients=recipients,
        link=step.hooks.resident_link if for_resident else link or f"/cases/{step.case_id}",
        rung=rung,
        urgent=urgent,
        now=step.now,
        site=step.hooks.site,
        seal=step.hooks.seal,
        sealed=step.case is None or step.case.sealed,
    )
    step.ledger.write(writes)
    step.posted = True


def of_staff(staff: list[Staff]) -> list[Recipient]:
    """Return how members of staff are reached, each by what they have; which of it is used is theirs to choose."""
    return [Recipient.of(each) for each in staff]


def case_facts(step: Step) -> dict[str, Any]:
    """Return what every text may say of a case: its number, title and place; nothing of a person."""
    if step.case is None or step.performed:  # what was done outside of the process may have changed it
        step.session.flush()
        step.case = _OF_CASE.first(step.connection, {"case": step.case_id})
    row = step.case
    return {
        "case": {"number": row.number, "title": row.title},
        "place": {"name": row.place, "code": row.code},
    }


def read_cases(connection: Connection, case_ids: Collection[UUID]) -> dict[UUID, Found]:
    """Return what notices say of cases, by id: for steps of several cases in one transaction."""
    return {row.id: row for row in connection.execute(_OF_CASES, {"cases": list(case_ids)})}


def _found(step: Step, call: ServiceCall, relation: str) -> tuple[list[Recipient], bool]:
    """Whom an addressee means, and whether they are residents, who follow a link of their own."""
    if relation == "resident":
        return step.hooks.resident(step.session, step.case_id), True
    if relation == "parties":
        return step.hooks.party(step.session, step.case_id, None), True
    if relation.startswith("party:"):
        return step.hooks.party(step.session, step.case_id, _party(step, call, relation)), True
    return _staff(step, call, relation), False


def _party(step: Step, call: ServiceCall, relation: str) -> str:
    """The key that stands behind `party:`, or what its FEEL gives."""
    source = relation.partition(":")[2].strip()
    if _PARTY_KEY.fullmatch(source):
        return source
    expression = source.removeprefix("=")
    value = feel.lower(feel.compile(expression, feel.special_names(call.data))(call.data, now=step.now).value)
    if isinstance(value, str) and _PARTY_KEY.fullmatch(value):
        return value
    raise Invalid(
        "notice-party",
        "{expression} in chuishao:to of {element} gives no party's key",
        expression=expression,
        element=call.element_id,
    )


def _staff(step: Step, call: ServiceCall, relation: str) -> list[Recipient]:
    if relation == "owner":
        return of_staff(list(step.session.scalars(_OWNERS, {"case": step.case_id})))
    name, _, unit = relation.partition("@")
    code = _unit(step, call, unit.strip())
    known = (step.jurisdiction, name.strip(), code)
    if known not in step.reached:
        found = addressees(step.session, jurisdiction=step.jurisdiction, relation=known[1], unit_code=code)
        step.reached[known] = of_staff(found)
    return step.reached[known]


def _unit(step: Step, call: ServiceCall, source: str) -> str:
    if source and not source.startswith("="):
        return source
    expression = source[1:] if source else "place.code"
    compiled = feel.compile(expression, feel.special_names(call.data))
    value = feel.lower(compiled(call.data, now=step.now).value)
    if isinstance(value, str) and value:
        return value
    raise Invalid(
        "notice-unit",
        "{expression} in chuishao:to of {element} gives no unit's code",
        expression=source or "place.code",
        element=call.element_id,
    )
