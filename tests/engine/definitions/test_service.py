"""Deploying: versions, activation, refusal."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.definitions import Package, ProcessVersion, VersionState, active_version, deploy, load
from engine.errors import EngineError, NotFound

PETITION = Package.read_directory(Path(__file__).parents[3] / "bpmn" / "petition")
NOW = datetime(2026, 3, 20, tzinfo=UTC)


def put(session: Session, package: Package, *, activate: bool = True) -> ProcessVersion:
    return deploy(
        session, package, author=Actor.engine(), note="", now=NOW, jurisdiction="j", activate=activate
    )  # fmt: skip


def changed(**files: bytes) -> Package:
    return Package(files={**PETITION.files, **files})


def test_a_package_becomes_version_one_and_active(session: Session) -> None:
    version = put(session, PETITION)
    assert (version.number, version.state, version.name) == (1, VersionState.ACTIVE, "诉求办理")
    assert active_version(session, "petition").id == version.id
    loaded = load(session, version.id)
    assert loaded.form("rate").id == "rate"
    assert loaded.element("whistle", "blow") is not None
    assert "zh_CN" in loaded.notice_texts("accepted").sources
    assert "答复" in loaded.document("reply")


def test_the_same_content_is_the_same_version(session: Session) -> None:
    assert put(session, PETITION).id == put(session, PETITION).id
    assert session.scalar(select(func.count()).select_from(ProcessVersion)) == 1


def test_a_new_version_is_active_alone(session: Session) -> None:
    first, second = put(session, PETITION), put(session, changed(**{"README.md": b"new"}))
    session.refresh(first)
    assert (first.state, second.number, second.state) == (VersionState.INACTIVE, 2, VersionState.ACTIVE)


def test_a_version_can_wait_without_being_active(session: Session) -> None:
    first = put(session, PETITION)
    put(session, changed(**{"README.md": b"new"}), activate=False)
    assert active_version(session, "petition").id == first.id


@pytest.mark.parametrize(
    "broken",
    [
        changed(**{"process.bpmn": b"<no bpmn"}),
        changed(**{"forms/rate.form": b"{"}),
        changed(**{"decisions/times.dmn": b"<x/>"}),
        Package(files={k: v for k, v in PETITION.files.items() if k != "whistle.bpmn"}),
    ],
)
def test_a_broken_package_changes_nothing(session: Session, broken: Package) -> None:
    first = put(session, PETITION)
    with pytest.raises(EngineError):
        put(session, broken)
    assert active_version(session, "petition").id == first.id
    assert session.scalar(select(func.count()).select_from(ProcessVersion)) == 1


def test_nothing_active_says_to_deploy(session: Session) -> None:
    with pytest.raises(NotFound, match="Deploy one"):
        active_version(session, "mediation")


def test_what_a_version_lacks_is_named(session: Session) -> None:
    loaded = load(session, put(session, PETITION).id)
    with pytest.raises(NotFound, match="no form nothing"):
        loaded.form("nothing")
