"""Drafts: what is saved is kept, nobody overwrites anybody unseen, and one becomes a version."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor, ActorKind, AuditEvent, Tag
from engine.db import new_id
from engine.definitions import ProcessVersion, active_version, check, deploy
from engine.definitions.draft_ends import deploy_draft, discard_draft
from engine.definitions.drafts import (
    PAUSE,
    draft_file,
    draft_package,
    find_draft,
    fork_draft,
    note_draft,
    open_draft,
    open_drafts,
    save_draft_files,
)
from engine.definitions.models import DraftState
from engine.definitions.package import MAX_FILES
from engine.errors import Conflict, Invalid, NotFound
from tests.engine.definitions.packages import FILES, form, small

NOW = datetime(2026, 3, 20, tzinfo=UTC)
LIN = Actor(kind=ActorKind.STAFF, id=str(new_id()), name="林设计")
XU = Actor(kind=ActorKind.STAFF, id=str(new_id()), name="徐设计")


def put(session: Session, **changes: bytes) -> ProcessVersion:
    return deploy(session, small(**changes), author=LIN, note="", now=NOW, jurisdiction="j")


def begun(session: Session) -> UUID:
    version = put(session)
    return open_draft(session, key="small", version_id=version.id, author=LIN, now=NOW, jurisdiction="j").id


def save(session: Session, draft: UUID, revision: int, who: Actor = LIN, **changes: bytes | None) -> int:
    return save_draft_files(session, draft, revision=revision, changes=changes, author=who, now=NOW)


def tags(session: Session) -> list[str]:
    found = session.scalars(select(AuditEvent.tag).where(AuditEvent.tag.startswith("process:draft")))
    return sorted(found)


def test_a_draft_begins_as_the_version_that_it_is_made_from(session: Session) -> None:
    draft = begun(session)
    assert draft_package(session, draft).sha256 == small().sha256
    assert [each.id for each in open_drafts(session, "small")] == [draft]
    assert open_drafts(session, "other") == []


def test_a_save_changes_adds_and_takes_out(session: Session) -> None:
    draft = begun(session)
    changes: dict[str, bytes | None] = {"forms/handle.form": b"{}", "README.md": b"new", "documents/reply.html": None}
    assert save(session, draft, 1, **changes) == 2
    kept = draft_package(session, draft).files
    assert (kept["forms/handle.form"], kept["README.md"]) == (b"{}", b"new")
    assert "documents/reply.html" not in kept
    assert set(kept) == set(FILES) - {"documents/reply.html"} | {"README.md"}


def test_a_draft_touches_no_version(session: Session) -> None:
    draft = begun(session)
    save(session, draft, 1, **{"main.bpmn": b"<broken"})
    assert active_version(session, "small").number == 1


def test_a_stale_save_of_one_file_is_refused_and_names_both(session: Session) -> None:
    draft = begun(session)
    save(session, draft, 1, XU, **{"main.bpmn": b"theirs"})
    with pytest.raises(Conflict) as caught:
        save(session, draft, 1, LIN, **{"main.bpmn": b"mine", "README.md": b"beside it"})
    facts = caught.value.facts
    assert caught.value.code == "draft-stale"
    assert (facts["file"], facts["theirs"], facts["mine"]) == ("main.bpmn", "徐设计", "林设计")
    assert (facts["now"], facts["yours"]) == (2, 1)
    files = draft_package(session, draft).files
    assert files["main.bpmn"] == b"theirs"
    assert "README.md" not in files


@pytest.mark.parametrize(
    ("theirs", "mine"),
    [
        (None, b"mine"),  # they took it out while I changed it
        (b"theirs", None),  # they changed it while I took it out
    ],
)
def test_taking_out_and_changing_a_file_exclude_each_other(
    session: Session, theirs: bytes | None, mine: bytes | None
) -> None:
    draft = begun(session)
    save(session, draft, 1, XU, **{"forms/handle.form": theirs})
    with pytest.raises(Conflict, match="Nothing was overwritten"):
        save(session, draft, 1, LIN, **{"forms/handle.form": mine})


def test_two_who_work_on_different_files_do_not_disturb_each_other(session: Session) -> None:
    draft = begun(session)
    assert save(session, draft, 1, XU, **{"main.bpmn": b"theirs"}) == 2
    assert save(session, draft, 1, LIN, **{"README.md": b"mine"}) == 3
    assert save(session, draft, 2, XU, **{"main.bpmn": b"theirs again"}) == 4


def test_the_same_content_again_is_no_conflict_and_no_revision(session: Session) -> None:
    draft = begun(session)
    assert save(session, draft, 1, XU, **{"README.md": b"same"}) == 2
    assert save(session, draft, 1, LIN, **{"README.md": b"same"}) == 2


def test_a_file_is_read_with_the_revision_to_save_it_by(session: Session) -> None:
    draft = begun(session)
    save(session, draft, 1, XU, **{"README.md": b"one"})
    content, revision = draft_file(session, draft, "README.md")
    assert (content, revision) == (b"one", 2)
    assert save(session, draft, revision, LIN, **{"README.md": b"two"}) == 3
    save(session, draft, 3, LIN, **{"README.md": None})
    with pytest.raises(NotFound, match=r"no file README\.md"):
        draft_file(session, draft, "README.md")


def test_keeping_both_leaves_theirs_and_begins_a_draft_with_mine(session: Session) -> None:
    draft = begun(session)
    save(session, draft, 1, XU, **{"main.bpmn": b"theirs", "README.md": b"theirs"})
    other = fork_draft(session, draft, changes={"main.bpmn": b"mine"}, author=LIN, now=NOW)
    assert draft_package(session, draft).files["main.bpmn"] == b"theirs"
    assert draft_package(session, other.id).files["main.bpmn"] == b"mine"
    assert draft_package(session, other.id).files["README.md"] == b"theirs"
    assert (other.key, other.author, other.revision) == ("small", "林设计", 1)


@pytest.mark.parametrize(
    "name",
    [
        "../outside.bpmn",
        "/etc/passwd",
        "forms/../x.form",
        "forms\\x.form",
        ".hidden",
        "main.bpmn/inner.form",  # a file is no folder
        "MAIN.bpmn",  # the same as main.bpmn on some disks
        "x" * 201,
    ],
)
def test_a_name_that_leads_out_of_the_package_is_refused(session: Session, name: str) -> None:
    draft = begun(session)
    with pytest.raises(Invalid, match="no package that can be read"):
        save(session, draft, 1, **{name: b""})
    assert find_draft(session, draft).revision == 1


def test_a_draft_does_not_grow_without_bound(session: Session) -> None:
    draft = begun(session)
    with pytest.raises(Invalid, match="are the most"):
        save(session, draft, 1, **{f"notes/{number}.md": b"" for number in range(MAX_FILES)})


def test_a_draft_becomes_the_next_version(session: Session) -> None:
    draft = begun(session)
    revision = save(session, draft, 1, **{"forms/handle.form": form(label="经过")})
    note_draft(session, draft, "改了表单")
    version = deploy_draft(session, draft, revision=revision, author=XU, note="改了表单", now=NOW)
    assert (version.number, version.author, version.note) == (2, "徐设计", "改了表单")
    assert active_version(session, "small").id == version.id
    closed = find_draft(session, draft)
    assert (closed.state, closed.deployed_id) == (DraftState.DEPLOYED, version.id)
    assert tags(session) == sorted([Tag.PROCESS_DRAFT_OPENED, Tag.PROCESS_DRAFT_EDITED, Tag.PROCESS_DRAFT_DEPLOYED])
    with pytest.raises(Conflict, match="deployed already"):
        save(session, draft, revision, **{"README.md": b"late"})


def test_a_draft_with_a_mistake_is_not_deployed_and_stays_open(session: Session) -> None:
    draft = begun(session)
    revision = save(session, draft, 1, **{"main.bpmn": b"<broken"})
    with pytest.raises(Invalid, match="not deployed"):
        deploy_draft(session, draft, revision=revision, author=LIN, note="", now=NOW)
    assert find_draft(session, draft).state == DraftState.OPEN
    assert active_version(session, "small").number == 1


def test_what_was_saved_after_one_looked_is_not_deployed_unseen(session: Session) -> None:
    draft = begun(session)
    save(session, draft, 1, XU, **{"README.md": b"unseen"})
    with pytest.raises(Conflict, match=r"README.md was saved by 徐设计"):
        deploy_draft(session, draft, revision=1, author=LIN, note="", now=NOW)


def test_a_version_deployed_meanwhile_is_not_undone_unseen(session: Session) -> None:
    draft = begun(session)
    revision = save(session, draft, 1, **{"README.md": b"mine"})
    put(session, **{"README.md": b"somebody was faster"})
    with pytest.raises(Conflict, match="Version 2 was deployed by 林设计"):
        deploy_draft(session, draft, revision=revision, author=LIN, note="", now=NOW)
    version = deploy_draft(session, draft, revision=revision, author=LIN, note="", now=NOW, anyway=True)
    assert version.number == 3


def test_a_draft_cannot_become_a_version_of_another_process(session: Session) -> None:
    draft = begun(session)
    other = FILES["package.json"].replace(b'"small"', b'"large"')
    revision = save(session, draft, 1, **{"package.json": other})
    with pytest.raises(Invalid, match="names the process large"):
        deploy_draft(session, draft, revision=revision, author=LIN, note="", now=NOW)


def test_a_discarded_draft_can_be_read_and_no_longer_changed(session: Session) -> None:
    draft = begun(session)
    save(session, draft, 1, **{"README.md": b"kept"})
    discard_draft(session, draft, author=LIN, now=NOW)
    assert draft_package(session, draft).files["README.md"] == b"kept"
    assert open_drafts(session) == []
    with pytest.raises(Conflict, match="discarded already"):
        discard_draft(session, draft, author=LIN, now=NOW)
    with pytest.raises(Conflict, match="discarded already"):
        save(session, draft, 2, **{"README.md": b"late"})


def test_an_older_version_is_restored_through_a_draft(session: Session) -> None:
    first = put(session)
    put(session, **{"README.md": b"worse"})
    draft = open_draft(session, key="small", version_id=first.id, author=LIN, now=NOW, jurisdiction="j")
    version = deploy_draft(session, draft.id, revision=1, author=LIN, note="", now=NOW)
    assert version.sha256 == first.sha256
    assert active_version(session, "small").number == 1  # the same content is the same version


def test_a_new_process_begins_with_a_package_that_can_be_deployed(session: Session) -> None:
    draft = open_draft(
        session, key="visit", version_id=None, name="上门<看望>&问候", author=LIN, now=NOW, jurisdiction="j"
    )
    package = draft_package(session, draft.id)
    assert check(package) == []
    version = deploy_draft(session, draft.id, revision=1, author=LIN, note="", now=NOW)
    assert (version.key, version.number, version.name) == ("visit", 1, "上门<看望>&问候")


def test_a_new_process_needs_a_key_of_its_own(session: Session) -> None:
    put(session)
    with pytest.raises(Conflict, match="There is a process small"):
        open_draft(session, key="small", version_id=None, author=LIN, now=NOW, jurisdiction="j")


def test_a_draft_is_not_made_from_another_process_s_version(session: Session) -> None:
    version = put(session)
    with pytest.raises(NotFound, match="no process version"):
        open_draft(session, key="large", version_id=version.id, author=LIN, now=NOW, jurisdiction="j")


def test_the_audit_tells_who_worked_when_and_not_every_stroke(session: Session) -> None:
    draft = begun(session)
    times = [
        (LIN, timedelta()),  # told: the first change
        (LIN, timedelta(seconds=5)),
        (XU, timedelta(seconds=9)),  # told: somebody else
        (XU, timedelta(seconds=12)),
        (XU, timedelta(seconds=13) + PAUSE),  # told: after a pause
    ]
    for revision, (who, after) in enumerate(times, 1):
        changes = {"README.md": b"%d" % revision}
        save_draft_files(session, draft, revision=revision, changes=changes, author=who, now=NOW + after)
    assert tags(session).count(Tag.PROCESS_DRAFT_EDITED) == 3


def test_of_two_saves_at_once_one_is_refused(session: Session, sessions: sessionmaker[Session]) -> None:
    draft = begun(session)

    def attempt(who: Actor) -> str:
        with sessions() as own:
            try:
                save(own, draft, 1, who, **{"README.md": (who.name or "").encode()})
            except Conflict as error:
                return error.code
            return "saved"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, (LIN, XU))) == ["draft-stale", "saved"]
    session.expire_all()
    assert find_draft(session, draft).revision == 2
