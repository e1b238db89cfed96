"""An accusation is a sealed case: who handles it, and whom it is about.

Source: 信访工作条例 art. 30.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from engine.audit import Actor, ActorKind
from engine.cases.models import Case, CaseSealing, SealingSide
from engine.definitions import LoadedVersion
from engine.errors import Forbidden, Invalid
from engine.organisation.models import OrgUnit
from engine.organisation.sealing import closed_cases
from engine.organisation.service import unit_by_code


@dataclass(frozen=True, kw_only=True)
class Sealing:
    """Who may know of a sealed case, and who must never.

    Args:
        route: units that handle it; their members alone know of it, beside the petitioner.
        accused: units that it is about, with everybody in and below them.
    """

    route: tuple[OrgUnit, ...]
    accused: tuple[OrgUnit, ...]


def is_sealed_kind(version: LoadedVersion) -> bool:
    """Say whether every case of a process is sealed: its `package.json` has `sealed`."""
    return isinstance(version.package.manifest.get("sealed"), Mapping)


def sealing_of(
    session: Session, version: LoadedVersion, data: Mapping[str, Any], *, jurisdiction: str, now: datetime
) -> Sealing | None:
    """Return how a case that begins with `data` is sealed; None where the process has no sealed cases.

    `sealed.accused` of `package.json` names the field of the start form with the codes of the accused units,
    `sealed.route` the decision that gives the codes of the units that handle it.

    Raises:
        Invalid: the decision gives no unit, or something else than codes.
        NotFound: there is no unit of a code.
    """
    if not is_sealed_kind(version):
        return None
    settings = version.package.manifest["sealed"]
    return Sealing(
        route=route_of(session, version, data, jurisdiction=jurisdiction, now=now),
        accused=_units(session, data.get(str(settings.get("accused"))), jurisdiction, setting="accused"),
    )


def route_of(
    session: Session, version: LoadedVersion, data: Mapping[str, Any], *, jurisdiction: str, now: datetime
) -> tuple[OrgUnit, ...]:
    """Return the units that handle the sealed cases of a process, as its own decision says; see `sealing_of`."""
    settings = version.package.manifest.get("sealed") or {}
    decision = str(settings.get("route") or "")
    codes = version.decide(decision, data, now=now).value if decision else None
    units = _units(session, codes, jurisdiction, setting="route")
    if not units:
        raise _unusable("route")
    return units


def seal(session: Session, sealing: Sealing, case: Case, *, origin: Case | None = None) -> None:
    """Write who handles an accusation and whom it is about.

    What the resident wrote lies in the case that it came out of too, so the accused lose sight of both.
    """
    session.add_all(CaseSealing(case_id=case.id, side=SealingSide.ROUTE, unit_id=unit.id) for unit in sealing.route)
    for each in (case, origin):
        if each is not None:
            session.add_all(
                CaseSealing(case_id=each.id, side=SealingSide.ACCUSED, unit_id=unit.id) for unit in sealing.accused
            )
    session.flush()


def refuse_the_accused(session: Session, case: Case, actor: Actor) -> None:
    """Refuse that somebody of an accused unit writes the accusation down for a resident.

    Raises:
        Forbidden: `accusation-own-unit`.

    Source: 信访工作条例 art. 28, 30.
    """
    if actor.kind == ActorKind.STAFF and case.id in closed_cases(session, UUID(actor.id)):
        raise Forbidden(
            "accusation-own-unit",
            "You belong to a unit that this accusation is about, so you may not write it down. Nothing was kept. Ask "
            "the resident to file it on the website, or a colleague of another unit to take it.",
        )


def _units(session: Session, codes: Any, jurisdiction: str, *, setting: str) -> tuple[OrgUnit, ...]:
    if not codes:
        return ()
    if not isinstance(codes, Sequence) or isinstance(codes, str) or not all(isinstance(code, str) for code in codes):
        raise _unusable(setting)
    return tuple(unit_by_code(session, jurisdiction, code) for code in codes)


def _unusable(setting: str) -> Invalid:
    return Invalid(
        "sealing-unusable",
        "The package does not say who handles its sealed cases: `sealed.{setting}` of package.json must lead to a list "
        "of codes of units. Correct the package; nothing was filed.",
        setting=setting,
    )
