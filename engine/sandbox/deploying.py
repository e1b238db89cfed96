"""Nothing is deployed that a scenario no longer bears out, unless somebody says so; then it stands in the audit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.db import writing
from engine.definitions import Package, deploy
from engine.definitions.models import ProcessVersion, VersionState
from engine.definitions.service import refuse_mistakes
from engine.errors import Invalid
from engine.sandbox.recording import scenarios_of
from engine.sandbox.scenarios import Replayed, replay

#: The most scenarios that one deployment plays.
MAX_SCENARIOS: Final = 100


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A version that was deployed, and what came of the scenarios before."""

    version: ProcessVersion
    replayed: tuple[Replayed, ...]


def deploy_checked(
    session: Session,
    package: Package,
    *,
    author: Actor,
    note: str,
    now: datetime,
    jurisdiction: str,
    activate: bool = True,
    despite_scenarios: bool = False,
) -> Deployed:
    """Play every scenario of a package, then deploy it; see `engine.definitions.deploy`.

    Args:
        despite_scenarios: deploy although one of them differs; the audit says which and how.

    Raises:
        Invalid: `package-refused`: it has mistakes. `scenarios-differ`: `facts["differences"]` names each scenario with
            the sentence that says where it differs. Nothing was changed.
    """
    refuse_mistakes(package)
    replayed = replay_all(package, others=active_versions(session))
    differing = _refuse_differing(replayed, despite_scenarios=despite_scenarios)
    with writing(session):
        version = deploy(
            session, package, author=author, note=note, now=now, jurisdiction=jurisdiction, activate=activate
        )
        note_overruled(session, version, differing, author=author, now=now, jurisdiction=jurisdiction)
    return Deployed(version=version, replayed=tuple(replayed))


def check_scenarios(session: Session, package: Package, *, despite_scenarios: bool = False) -> list[Replayed]:
    """Play every scenario of a package that is about to be deployed; return those that differ.

    Args:
        despite_scenarios: return them rather than refuse the package.

    Raises:
        Invalid: see `deploy_checked`.
    """
    refuse_mistakes(package)
    return _refuse_differing(replay_all(package, others=active_versions(session)), despite_scenarios=despite_scenarios)


def _refuse_differing(replayed: Iterable[Replayed], *, despite_scenarios: bool) -> list[Replayed]:
    differing = [each for each in replayed if not each.same]
    if differing and not despite_scenarios:
        raise differs(differing)
    return differing


def note_overruled(
    session: Session, version: ProcessVersion, differing: Iterable[Replayed], *, author: Actor, now: datetime,
    jurisdiction: str,
) -> None:  # fmt: skip
    """Let the audit keep that a version was deployed although scenarios differ; nothing when none does."""
    told = {each.scenario.name: str(each.first) for each in differing}
    if told:
        with writing(session):
            facts = {"key": version.key, "number": version.number, "differing": told}
            record(
                session, tag=Tag.PROCESS_SCENARIOS_OVERRULED, actor=author, at=now, jurisdiction=jurisdiction,
                data=facts,
            )  # fmt: skip


def replay_all(package: Package, others: Iterable[ProcessVersion] = ()) -> list[Replayed]:
    """Play every scenario of a package again, by name.

    Raises:
        Invalid: a scenario cannot be read, or there are too many.
    """
    found = scenarios_of(package)
    if len(found) > MAX_SCENARIOS:
        raise Invalid("scenarios-too-many", "The package has {count} scenarios; {most} are the most.",
                      count=len(found), most=MAX_SCENARIOS)  # fmt: skip
    rows = tuple(others)
    return [replay(package, scenario, rows) for scenario in found]


def active_versions(session: Session) -> list[ProcessVersion]:
    """Return the versions that new cases start on, which a process may call for."""
    return list(session.scalars(select(ProcessVersion).where(ProcessVersion.state == VersionState.ACTIVE)))


def differs(differing: Iterable[Replayed]) -> Invalid:
    """Return the refusal of a package whose scenarios differ."""
    found = list(differing)
    return Invalid(
        "scenarios-differ",
        "The package is not deployed: {count} of its scenarios no longer end as recorded. The first, {name}: {first} "
        "Mend the package, or record the scenario again.",
        count=len(found),
        name=found[0].scenario.name,
        first=found[0].first,
        differences=[{"scenario": each.scenario.name, "sentence": str(each.first)} for each in found],
    )
