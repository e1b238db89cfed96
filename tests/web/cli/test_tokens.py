from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from config import Settings, read_env_file
from engine.audit import AuditEvent, Tag
from engine.clock import SystemClock
from engine.db import writing
from tests.factories import District, make_district
from web.api.tokens import find_token
from web.cli import main
from web.cli.people import open_session


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path):  # type: ignore[no-untyped-def]
    """Call the command with an installation of its own; returns status, output and errors."""

    def call(*arguments: str) -> tuple[int, str, str]:
        status = main(["--env-file", str(tmp_path / "x.env"), *arguments], environ={})
        out, err = capsys.readouterr()
        return status, out, err

    call("init", str(tmp_path / "x.env"))
    call("db", "upgrade")
    return call


@pytest.fixture
def session(run, tmp_path: Path):  # type: ignore[no-untyped-def]
    """A session on the installation's database."""
    with open_session(Settings.from_env(read_env_file(tmp_path / "x.env"))) as session:
        yield session


@pytest.fixture
def district(session: Session) -> District:
    return make_district(session)


def test_token_is_printed_once_alone_and_opens_the_account(run, session: Session, district: District) -> None:  # type: ignore[no-untyped-def]
    status, out, err = run("token", "add", "handler", "--name", "工单同步")
    assert status == 0
    assert out.startswith("chs_")
    assert len(out.split()) == 1
    assert "handler" in err
    found = find_token(session, out.strip(), now=SystemClock().now())
    assert found is not None
    assert (found[0].name, found[0].expires_at, found[1].login) == ("工单同步", None, "handler")
    assert out.strip() not in run("token", "list")[1]


def test_list_says_how_each_stands(run, session: Session, district: District) -> None:  # type: ignore[no-untyped-def]
    run("token", "add", "handler", "--name", "for ever")
    run("token", "add", "centre", "--name", "for a while", "--days", "30")
    run("token", "add", "grid", "--name", "closed")
    with writing(session):
        district.person("grid").active = False
    lines = run("token", "list")[1].splitlines()
    assert [line.split()[1] for line in lines] == ["grid", "centre", "handler"]
    assert "account closed" in lines[0]
    assert "in force until" in lines[1]
    assert "in force  " in lines[2]


def test_revoked_token_opens_nothing_and_both_are_on_record(run, session: Session, district: District) -> None:  # type: ignore[no-untyped-def]
    token = run("token", "add", "handler", "--name", "n")[1].strip()
    identifier = run("token", "list")[1].split()[0]
    status, out, _ = run("token", "revoke", identifier)
    assert (status, out) == (0, "“n” is out of force.\n")
    assert find_token(session, token, now=SystemClock().now()) is None
    assert "revoked" in run("token", "list")[1]
    run("token", "revoke", identifier)  # again: nothing more to do
    tags = [event.tag for event in session.query(AuditEvent).order_by(AuditEvent.at)]
    assert tags == [Tag.TOKEN_ISSUED, Tag.TOKEN_REVOKED]


def test_account_or_token_that_is_none_is_said(run) -> None:  # type: ignore[no-untyped-def]
    status, _, err = run("token", "add", "nobody", "--name", "n")
    assert (status, err) == (2, "chuishao: There is no account nobody.\n")
    status, _, err = run("token", "revoke", "00000000-0000-7000-8000-000000000000")
    assert status == 2
    assert "chuishao token list" in err


@pytest.mark.parametrize("days", ["0", "-1", "3651", "soon"])
def test_days_that_are_none_are_refused(run, days: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SystemExit):
        run("token", "add", "handler", "--name", "n", "--days", days)
