"""Backup and restore by command, on both databases: what was there comes back, and nothing is sent by itself."""

import fcntl
import io
import os
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from config import Settings, read_env_file
from engine import heartbeats
from engine.audit import Actor, AuditEvent, Tag, record, seals, timeline
from engine.cases.blobs import BlobStore
from engine.cases.models import Attachment, Case
from engine.cases.vault import Vault
from engine.db import connect, new_id, writing
from engine.db import sessions as session_factory
from engine.notices import AppChannel, Notice, NoticeState, send_due
from engine.tables import metadata
from tests.factories import District, make_case, make_district
from web.cli import main
from web.cli.people import open_session
from web.migrating import newest_revision

PERSONAL = {"name": "居民王某", "phone": "13800000001"}
PHOTO = b"\xff\xd8 a street lamp that is dark"


@dataclass
class Installation:
    """An installation of its own, with a case in it, and the command that runs on it."""

    env: Path
    capsys: pytest.CaptureFixture[str]
    now: datetime
    district: District | None = None

    def run(self, *arguments: str) -> tuple[int, str, str]:
        status = main(["--env-file", str(self.env), *arguments], environ={})
        out, err = self.capsys.readouterr()
        return status, out, err

    @property
    def settings(self) -> Settings:
        return Settings.from_env(read_env_file(self.env))

    @property
    def blobs(self) -> BlobStore:
        return BlobStore(self.settings.blob_dir)

    def fill(self) -> None:
        """A case with sealed data, a photo and a notice that waits; its events are sealed."""
        with open_session(self.settings) as session, writing(session):
            self.district = make_district(session)
            self.file(session, "路灯不亮")
        with open_session(self.settings) as session:
            seals.seal(session, self.now)

    def file(self, session: Session, title: str) -> Case:
        assert self.district is not None
        case = make_case(session, place=session.merge(self.district.unit("willow")))
        case.title = title
        case.personal = Vault(self.settings.field_key).seal(PERSONAL, case.id)
        session.flush()
        stored = self.blobs.put(io.BytesIO(PHOTO + title.encode()))
        session.add(
            Attachment(id=new_id(), case_id=case.id, jurisdiction="qinghe", sha256=stored.sha256, size=stored.size,
                       name="photo.jpg", media_type="image/jpeg", added_by="resident", added_at=self.now)
        )  # fmt: skip
        session.add(
            Notice(key=f"test:{case.id}", jurisdiction="qinghe", case_id=case.id, template="late", channel="app",
                   address="", subject=title, body=title, facts={}, next_try_at=self.now, created_at=self.now,
                   staff_id=self.district.person("community").id)
        )  # fmt: skip
        record(session, tag=Tag.CASE_FILED, actor=Actor.resident(), at=self.now, jurisdiction="qinghe", case_id=case.id)
        return case

    def all_rows(self) -> dict[str, int]:
        """How many rows each table has, but for those that a restore itself writes."""
        with open_session(self.settings) as session:
            names = sa.inspect(session.connection()).get_table_names()
            return {
                name: session.execute(sa.text(f'SELECT count(*) FROM "{name}"')).scalar_one()
                for name in names
                if name != "notice_hold"
            }

    def send(self) -> int:
        """Do what the scheduler's tick does."""
        engine = connect(self.settings.database_url)
        try:
            return send_due(session_factory(engine), {"app": AppChannel()}, self.now + timedelta(days=1))
        finally:
            engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def installation(
    request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str], now: datetime
) -> Iterator[Installation]:
    chosen = request.config.getoption("--database")
    if chosen not in ("both", request.param):
        pytest.skip("not the database that was asked for")
    env = tmp_path / "x.env"
    place = Installation(env, capsys, now)
    place.run("init", str(env))
    root = None
    if request.param == "postgres":
        known: sa.Engine = request.getfixturevalue("_postgres_engine")
        root = sa.create_engine(known.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
        name = f"backed_{request.getfixturevalue('worker_name')}"
        with root.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
        url = known.url.set(database=name).render_as_string(hide_password=False)
        lines = [line for line in env.read_text().splitlines() if "DATABASE_URL" not in line]
        env.write_text("\n".join([*lines, f"CHUISHAO_DATABASE_URL={url}", "CHUISHAO_JURISDICTION=qinghe"]) + "\n")
        _use_the_server_s_programs()
    _make_tables(place.settings.database_url)
    place.fill()
    yield place
    if root is not None:
        with root.connect() as connection:
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
        root.dispose()


def _make_tables(url: str) -> None:
    """What `chuishao db upgrade` comes to, without its hundred steps."""
    engine = connect(url)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES (:head)"), {"head": newest_revision()})
    engine.dispose()


def _use_the_server_s_programs() -> None:
    from tests.postgres import find_binaries

    os.environ["PATH"] = f"{find_binaries()}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(autouse=True)
def _path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.environ["PATH"])


def damage(installation: Installation) -> None:
    """Everything that can go wrong after a backup: a new case, an old one changed, a photo lost."""
    with open_session(installation.settings) as session, writing(session):
        installation.file(session, "后来的事项")
        session.scalars(sa.select(Case).where(Case.title == "路灯不亮")).one().title = "改了"
    for path in list(installation.blobs.files()):
        path.unlink()


def test_what_was_there_comes_back_and_can_be_read(installation: Installation, tmp_path: Path) -> None:
    archive, before = tmp_path / "all.backup", installation.all_rows()
    status, out, _ = installation.run("backup", str(archive))
    assert (status, archive.stat().st_mode & 0o077) == (0, 0), "only its owner reads it"
    assert "1 events, last seal" in out
    damage(installation)
    status, out, err = installation.run("restore", str(archive), "--replace")
    assert (status, err) == (0, "")
    assert "The audit log holds." in out
    assert installation.all_rows() == before
    with open_session(installation.settings) as session:
        case = session.scalars(sa.select(Case)).one()
        assert case.title == "路灯不亮"
        assert Vault(installation.settings.field_key).open(case.personal, case.id) == PERSONAL
        sha256 = session.scalars(sa.select(Attachment.sha256)).one()
    with installation.blobs.open(sha256) as file:
        assert file.read() == PHOTO + "路灯不亮".encode()


def test_notices_are_held_after_a_restore_until_an_operator_lets_them_go(
    installation: Installation, tmp_path: Path
) -> None:
    archive = tmp_path / "all.backup"
    installation.run("backup", str(archive))
    assert installation.send() == 1, "it was sent after the backup was made"
    installation.run("restore", str(archive), "--replace")
    assert installation.send() == 0
    assert "1 wait" in installation.run("notices", "status")[1]
    assert installation.send() == 0
    status, out, _ = installation.run("notices", "release")
    assert (status, "0 were set aside, 1 wait" in out) == (0, True)
    assert installation.send() == 1
    assert "are sent as they come; 0 wait" in installation.run("notices", "status")[1]
    assert installation.run("notices", "release")[0] == 2, "there is nothing to release any more"


def test_what_waited_in_the_backup_can_be_set_aside_in_sight(installation: Installation, tmp_path: Path) -> None:
    archive = tmp_path / "all.backup"
    installation.run("backup", str(archive))
    installation.run("restore", str(archive), "--replace")
    assert "1 were set aside, 0 wait" in installation.run("notices", "release", "--set-aside")[1]
    assert installation.send() == 0
    with open_session(installation.settings) as session:
        notice = session.scalars(sa.select(Notice)).one()
    assert (notice.state, "backup" in (notice.error or "")) == (NoticeState.DEAD, True)


def test_a_database_that_is_not_empty_is_left_alone(installation: Installation, tmp_path: Path) -> None:
    archive = tmp_path / "all.backup"
    installation.run("backup", str(archive))
    damage(installation)
    before = installation.all_rows()
    status, _, err = installation.run("restore", str(archive))
    assert (status, "is not empty" in err) == (2, True)
    assert installation.all_rows() == before


def test_nothing_is_restored_under_a_scheduler_that_lives(installation: Installation, tmp_path: Path) -> None:
    archive = tmp_path / "all.backup"
    installation.run("backup", str(archive))
    with open_session(installation.settings) as session:
        heartbeats.beat(session, new_id(), "node-1:4711", ticks={})
    status, _, err = installation.run("restore", str(archive), "--replace")
    assert (status, "node-1:4711" in err) == (2, True)


def test_nothing_is_restored_under_a_process_that_is_connected(installation: Installation, tmp_path: Path) -> None:
    archive, url = tmp_path / "all.backup", sa.make_url(installation.settings.database_url)
    installation.run("backup", str(archive))
    before = installation.all_rows()
    sqlite = url.get_backend_name() == "sqlite"
    named = url if sqlite else url.update_query_dict({"application_name": "chuishao web node-7:12"})
    engine = connect(named.render_as_string(hide_password=False))
    engine.connect().close()  # it keeps the connection, as a process does that nobody asks anything
    status, _, err = installation.run("restore", str(archive), "--replace")
    assert (status, (f"process {os.getpid()}" if sqlite else "chuishao web node-7:12") in err) == (2, True), err
    assert installation.all_rows() == before
    engine.dispose()
    assert installation.run("restore", str(archive), "--replace")[0] == 0


def _cut(archive: Path, _: Installation) -> None:
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])


def _cut_a_little(archive: Path, _: Installation) -> None:
    archive.write_bytes(archive.read_bytes()[:-1])


def _flip(archive: Path, _: Installation) -> None:
    content = bytearray(archive.read_bytes())
    content[6000] ^= 0xFF  # in the database, which comes first
    archive.write_bytes(content)


def _spoil_photo(archive: Path, _: Installation) -> None:
    content = archive.read_bytes()
    assert PHOTO in content
    archive.write_bytes(content.replace(PHOTO, PHOTO.upper()))


def _no_archive(archive: Path, _: Installation) -> None:
    archive.write_bytes(b"PK\x03\x04 something else" * 100)


def _another_key(_: Path, installation: Installation) -> None:
    other = Installation(installation.env.with_name("other.env"), installation.capsys, installation.now)
    other.run("init", str(other.env))
    key = next(line for line in other.env.read_text().splitlines() if "FIELD_KEY" in line and "#" not in line)
    lines = [line for line in installation.env.read_text().splitlines() if "CHUISHAO_FIELD_KEY" not in line]
    installation.env.write_text("\n".join([*lines, key]) + "\n")


def _newer(archive: Path, _: Installation) -> None:
    with tarfile.open(archive) as old:
        members: list[tuple[tarfile.TarInfo, bytes]] = [
            (each, old.extractfile(each).read())  # type: ignore[union-attr]
            for each in old.getmembers()
        ]
    with tarfile.open(archive, "w") as new:
        for member, content in members:
            if member.name == "manifest.json":
                content = content.replace(b'"revision": "', b'"revision": "9')
            member.size = len(content)
            new.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_cut, "no backup"),
        (_cut_a_little, "cut off"),
        (_flip, "The database in the backup is damaged"),
        (_spoil_photo, "in the backup is damaged"),
        (_no_archive, "is no backup"),
        (_another_key, "another CHUISHAO_FIELD_KEY"),
        (_newer, "this version does not know"),
    ],
)
def test_a_backup_that_cannot_be_trusted_changes_nothing(
    installation: Installation, tmp_path: Path, spoil: Any, said: str
) -> None:
    archive = tmp_path / "all.backup"
    installation.run("backup", str(archive))
    before = installation.all_rows()
    spoil(archive, installation)
    status, _, err = installation.run("restore", str(archive), "--replace")
    assert (status, said in err) == (2, True), err
    assert installation.all_rows() == before
    assert "sent as they come" in installation.run("notices", "status")[1]


def test_a_backup_overwrites_nothing_and_leaves_nothing_half_done(installation: Installation, tmp_path: Path) -> None:
    archive = tmp_path / "there.backup"
    archive.write_bytes(b"something dear")
    assert installation.run("backup", str(archive))[0] == 2
    assert archive.read_bytes() == b"something dear"
    assert installation.run("backup", str(tmp_path / "no" / "folder"))[0] == 2
    assert [path.name for path in tmp_path.glob(".backup-*")] == []


def test_what_a_killed_backup_left_behind_goes_with_the_next_one(installation: Installation, tmp_path: Path) -> None:
    left, at_work = tmp_path / ".backup-left", tmp_path / ".backup-at-work"
    for folder in (left, at_work):
        folder.mkdir()
        (folder / "whole").write_bytes(b"everything")
        (folder / "lock").touch()
    with (at_work / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert installation.run("backup", str(tmp_path / "all.backup"))[0] == 0
        assert (left.exists(), at_work.exists()) == (False, True)


def test_a_database_is_its_owner_s_alone_from_the_first_moment_and_after_a_restore(
    installation: Installation, tmp_path: Path
) -> None:
    url = sa.make_url(installation.settings.database_url)
    if url.get_backend_name() != "sqlite":
        pytest.skip("PostgreSQL keeps its files itself")
    place, archive = Path(str(url.database)), tmp_path / "all.backup"
    assert place.stat().st_mode & 0o777 == 0o600
    installation.run("backup", str(archive))
    place.chmod(0o640)  # a group reads along
    assert installation.run("restore", str(archive), "--replace")[0] == 0
    assert place.stat().st_mode & 0o777 == 0o640
    place.unlink()
    assert installation.run("restore", str(archive))[0] == 0
    assert place.stat().st_mode & 0o777 == 0o600


def test_a_file_that_a_case_names_and_that_is_gone_is_told(installation: Installation, tmp_path: Path) -> None:
    (photo,) = installation.blobs.files()
    photo.unlink()
    status, out, _ = installation.run("backup", str(tmp_path / "all.backup"))
    assert (status, photo.name in out) == (1, True)


def test_a_backup_under_load_is_of_one_instant(installation: Installation, tmp_path: Path) -> None:
    """Every transaction files a case with its event; a backup that has the one without the other is of two instants."""
    ended, filed = threading.Event(), []

    def work() -> None:
        while not ended.is_set():
            with open_session(installation.settings) as session, writing(session):
                filed.append(installation.file(session, f"事项{len(filed)}").id)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for number in range(3):
            assert installation.run("backup", str(tmp_path / f"{number}.backup"))[0] in (0, 1)
    finally:
        ended.set()
        worker.join()
    assert installation.run("restore", str(tmp_path / "1.backup"), "--replace")[0] == 0
    rows = installation.all_rows()
    assert rows["case"] == rows["attachment"] == rows["notice"] == rows["audit_event"]
    assert 1 < rows["case"] < 1 + len(filed)


def test_a_changed_row_of_the_audit_log_is_found_and_named(installation: Installation) -> None:
    assert installation.run("audit", "verify")[0] == 0
    with open_session(installation.settings) as session, writing(session):
        number = session.scalars(sa.select(Case.number)).one()
        session.execute(sa.text("UPDATE audit_event SET actor_kind = 'staff', actor_name = '李某'"))
    status, out, _ = installation.run("audit", "verify")
    assert status == 1
    assert "qinghe: altered: number 1, event " in out
    assert f"(case:filed of 2026-03-18 02:00:00 UTC), case {number}, its event 1" in out


PARTITIONING = Path(__file__).parents[3] / "deploy" / "postgresql" / "partition_events.sql"
_PARTS = sa.text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_event'::regclass")


def partition(installation: Installation) -> list[str]:
    """Run the script, and return the partitions that there are."""
    with open_session(installation.settings) as session:
        connection: Any = session.connection().connection.driver_connection
        connection.execute(PARTITIONING.read_text(encoding="utf-8"), prepare=False)
        session.commit()
        return sorted(session.scalars(_PARTS))


def test_events_in_partitions_are_written_numbered_sealed_backed_up_and_restored(
    installation: Installation, tmp_path: Path
) -> None:
    if sa.make_url(installation.settings.database_url).get_backend_name() == "sqlite":
        pytest.skip("SQLite has no partitions")
    parts = partition(installation)
    assert parts[-2:] == ["audit_event_before", "audit_event_later"]
    assert len(parts) == 5, "three months ahead"
    assert partition(installation) == parts, "a second run in the same month changes nothing"
    with open_session(installation.settings) as session, writing(session):
        case = session.scalars(sa.select(Case)).one()
        for _ in range(2):
            record(session, tag=Tag.CASE_FILED, actor=Actor.resident(), at=installation.now, jurisdiction="qinghe",
                   case_id=case.id)  # fmt: skip
        installation.file(session, "后来的事项")
        assert [event.seq for event in timeline(session, case.id)] == [1, 2, 3]
    next_month = datetime.now(UTC).replace(day=1) + timedelta(days=40)
    twice = [
        {"id": UUID(f"{int(next_month.timestamp() * 1000):012x}{new_id().hex[12:]}"), "case_id": case.id, "seq": 4,
         "jurisdiction": "qinghe", "at": installation.now, "actor_kind": "engine", "tag": "case:filed", "data": {}}
        for _ in range(2)
    ]  # fmt: skip
    with open_session(installation.settings) as session, pytest.raises(sa.exc.IntegrityError, match="case_id_seq"):
        session.execute(sa.insert(AuditEvent), twice)
    with open_session(installation.settings) as session:
        seals.seal(session, installation.now)
    assert "altered" not in installation.run("audit", "verify")[1]
    archive = tmp_path / "parts.backup"
    assert installation.run("backup", str(archive))[0] == 0
    before = installation.all_rows()
    status, out, err = installation.run("restore", str(archive), "--replace")
    assert (status, "The audit log holds." in out) == (0, True), err
    assert installation.all_rows() == before
    assert partition(installation) == parts


def test_a_month_that_nobody_added_in_time_is_moved_to_a_partition_of_its_own(installation: Installation) -> None:
    if sa.make_url(installation.settings.database_url).get_backend_name() == "sqlite":
        pytest.skip("SQLite has no partitions")
    parts = partition(installation)
    last = parts[-3]
    with open_session(installation.settings) as session:
        forgotten = f"ALTER TABLE audit_event DETACH PARTITION {last}"
        session.execute(sa.text(forgotten))
        session.execute(sa.text(f"DROP TABLE {last}"))
        moment = datetime(int(last[-7:-3]), int(last[-2:]), 15, tzinfo=UTC)
        late = sa.insert(AuditEvent).values(
            id=UUID(f"{int(moment.timestamp() * 1000):012x}{new_id().hex[12:]}"), seq=0, jurisdiction="qinghe",
            at=moment, actor_kind="engine", tag="case:filed", data={},
        )  # fmt: skip
        session.execute(late)
        session.commit()
        assert session.scalar(sa.text("SELECT count(*) FROM audit_event_later")) == 1
    assert partition(installation) == parts
    with open_session(installation.settings) as session:
        assert session.scalar(sa.text("SELECT count(*) FROM audit_event_later")) == 0
        assert session.scalar(sa.text(f"SELECT count(*) FROM {last}")) == 1
