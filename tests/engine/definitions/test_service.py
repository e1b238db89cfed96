"""Deploying: versions, activation, refusal."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor, AuditEvent
from engine.db import writing
from engine.definitions import Package, ProcessVersion, VersionState, active_version, deploy, load, versions
from engine.errors import Invalid, NotFound
from tests.engine.definitions.packages import small

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
    assert loaded.form("rating_online").id == "rating_online"
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
    with pytest.raises(Invalid, match="not deployed"):
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


def test_a_refusal_lists_what_is_wrong_with_which_element(session: Session) -> None:
    broken = small(**{"notices/done.zh_CN.txt": None, "notices/done.en.txt": None, "forms/handle.form": b"{"})
    with pytest.raises(Invalid) as caught:
        put(session, broken)
    assert caught.value.code == "package-refused"
    found = {(each["code"], each["file"], each["element_id"]) for each in caught.value.facts["findings"]}
    assert ("notice-unknown", "main.bpmn", "tell") in found
    assert ("form-malformed", "forms/handle.form", "form") in found
    assert "it has 3 mistakes" in caught.value.message
    assert session.scalar(select(func.count()).select_from(AuditEvent)) == 0


def test_deploying_and_activating_are_on_record(session: Session) -> None:
    put(session, small())
    tags = [event.tag for event in session.scalars(select(AuditEvent).order_by(AuditEvent.id))]
    assert sorted(tags) == ["process:version:activated", "process:version:deployed"]


def test_a_version_that_was_rolled_back_is_not_remembered(session: Session) -> None:
    ids: list[UUID] = []

    def deploy_and_fail() -> None:
        with writing(session):
            ids.append(put(session, small()).id)
            assert load(session, ids[0]).key == "small"
            raise RuntimeError("something after the deployment")

    with pytest.raises(RuntimeError):
        deploy_and_fail()
    with pytest.raises(NotFound):
        load(session, ids[0])
    assert session.scalar(select(func.count()).select_from(ProcessVersion)) == 0


def test_a_version_is_compiled_once(session: Session, sessions: sessionmaker[Session]) -> None:
    version = put(session, small())
    with sessions() as other:
        assert load(session, version.id) is load(other, version.id)
    assert load(session, version.id).number == 1


def test_two_who_deploy_at_once_get_two_numbers(sessions: sessionmaker[Session]) -> None:
    def work(number: int) -> int:
        with sessions() as session:
            return put(session, small(**{"README.md": str(number).encode()})).number

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(work, range(3))) == [1, 2, 3]
    with sessions() as session:
        states = [version.state for version in versions(session, "small")]
        assert sorted(states) == ["active", "inactive", "inactive"]


def test_versions_are_listed_newest_first_without_their_bytes(session: Session) -> None:
    for number in range(2):
        put(session, small(**{"README.md": str(number).encode()}))
    session.expunge_all()
    listed = versions(session, "small")
    assert [version.number for version in listed] == [2, 1]
    assert "package" not in listed[0].__dict__
    assert Package.read_zip(listed[1].package).files["README.md"] == b"0"
