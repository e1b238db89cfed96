"""While machines are brought up one after the other, a process of the version before goes on serving on today's schema:
what it writes, today's code goes on with.
"""

import http.cookiejar
import io
import os
import re
import socket
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
import sqlalchemy as sa

from engine.db import connect
from tests.faults.commands import running
from tests.web.browsing import PASSWORD, token_of
from web import migrating
from web.cli import main

pytestmark = [pytest.mark.faults, pytest.mark.slow]

ROOT: Final = Path(__file__).parents[2]
VERSIONS: Final = "migrations/versions"
EDGE: Final = "edge-of-a-part"
LONG_AGO: Final = "2020-01-01 00:00:00+00"


def git(*words: str) -> bytes:
    done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"git {words[0]} says: {done.stderr.decode().strip()[:200]}")
    return done.stdout


def commit_before() -> str:
    """Return the last commit that has only a part of today's migrations; skips where the history does not reach it."""
    today = {path.name for path in (ROOT / VERSIONS).glob("*.py")}
    touched = git("log", "--format=%H", "--", VERSIONS).decode().split()
    for commit in ("HEAD", *(f"{each}^" for each in touched)):
        known = set(git("ls-tree", "--name-only", f"{commit}:{VERSIONS}").decode().split())
        if {name for name in known if name.endswith(".py")} < today:
            return commit
    pytest.skip("no commit is of a version before the newest migration")


@pytest.fixture(scope="module")
def older_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the version before the newest migration."""
    folder = tmp_path_factory.mktemp("older")
    parts = ("engine", "web", "config.py", "migrations", "bpmn", "tests/factories.py")
    with tarfile.open(fileobj=io.BytesIO(git("archive", commit_before(), *parts))) as archive:
        archive.extractall(folder, filter="data")
    return folder


class Browser:
    """Somebody with cookies."""

    def __init__(self, port: int) -> None:
        self._at = f"http://127.0.0.1:{port}"
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def get(self, path: str) -> str:
        return self._answer(urllib.request.Request(self._at + path))

    def send(self, path: str, page: str, **filled: str) -> str:
        """Submit a form of a page, and return the page that follows."""
        data = urllib.parse.urlencode({"csrf_token": token_of(page), **filled}).encode()
        return self._answer(urllib.request.Request(self._at + path, data=data))

    def upload(self, path: str, page: str, file: tuple[str, bytes], **filled: str) -> tuple[int, str]:
        """Submit a form of a page with a file in a field of it, and return the status and the page that follows."""
        field, content = file
        fields = {"csrf_token": token_of(page), **filled}.items()
        parts = [
            f'--{EDGE}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
        ]
        head = f'--{EDGE}\r\nContent-Disposition: form-data; name="{field}"; filename="a.jpg"\r\n\r\n'
        data = "".join([*parts, head]).encode() + content + f"\r\n--{EDGE}--\r\n".encode()
        request = urllib.request.Request(self._at + path, data=data)
        request.add_header("Content-Type", f"multipart/form-data; boundary={EDGE}")
        try:
            with self._opener.open(request, timeout=30) as answer:
                return answer.status, str(answer.read().decode())
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def _answer(self, request: urllib.request.Request) -> str:
        try:
            with self._opener.open(request, timeout=30) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{request.full_url}: {error.code}\n{error.read().decode()[-3000:]}") from error


@dataclass(frozen=True)
class Receipt:
    """What a resident takes home."""

    number: str
    pin: str


@dataclass
class Installation:
    """One database and the settings of whoever serves it."""

    env: Path
    engine: sa.Engine
    port: int

    def file(self, title: str) -> Receipt:
        resident = Browser(self.port)
        page = resident.get("/file")
        (submission,) = re.findall(r'name="submission" value="([^"]+)"', page)
        told = resident.send(
            "/file", page, submission=submission, title=title, text="三号楼前坏了两周", category="roads",
            place="willow", name="李四", phone="13800138000", name_hidden="1",
        )  # fmt: skip
        number, pin = re.search(r"SQ\d{4}-\d{6}", told), re.search(r'receipt-pin">(\d{3}) (\d{3})<', told)
        assert number
        assert pin
        return Receipt(number[0], pin[1] + pin[2])

    def follow(self, receipt: Receipt) -> str:
        resident = Browser(self.port)
        return resident.send("/follow", resident.get("/follow"), number=receipt.number, pin=receipt.pin)

    def staff(self, login: str) -> Browser:
        browser = Browser(self.port)
        browser.send("/sign-in", browser.get("/sign-in"), login=login, password=PASSWORD)
        return browser

    def do(self, login: str, receipt: Receipt, element: str, **answers: str) -> str:
        """Claim a task of a matter and complete it by its page; return the page that follows."""
        person, item = self.staff(login), self.item(receipt, element)
        assert receipt.number in person.get("/inbox")
        claimed = person.send(f"/tasks/{item}/claim", person.get(f"/tasks/{item}"))
        return person.send(f"/tasks/{item}", claimed, request_key="k" * 20, **answers)

    def item(self, receipt: Receipt, element: str) -> str:
        found = self.rows(
            'SELECT w.id FROM work_item w JOIN "case" c ON c.id = w.case_id '
            f"WHERE c.number = '{receipt.number}' AND w.element_id = '{element}' AND w.state IN ('open', 'claimed')"
        )
        ((item,),) = found
        return str(UUID(str(item)))

    def rows(self, statement: str) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.exec_driver_sql(statement))

    def let_be_due(self, *tables: str) -> None:
        """Let the time come of one of each that waits; the process that serves fires them, and nothing else does."""
        found = []
        for table in tables:
            one = f"SELECT id FROM {table} WHERE state = 'waiting' ORDER BY due_at LIMIT 1"
            with self.engine.begin() as connection:
                moved = f"UPDATE {table} SET due_at = '{LONG_AGO}' WHERE id = ({one}) RETURNING id"
                found.append((table, connection.exec_driver_sql(moved).scalar_one()))
        for table, key in found:
            looked = f"SELECT state FROM {table} WHERE id = '{key}'"
            wait_for(lambda looked=looked: self.rows(looked) == [("fired",)], f"a {table} is fired")


def wait_for(reached: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 90
    while not reached():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


@pytest.fixture
def installation(request: pytest.FixtureRequest, tmp_path: Path, worker_name: str) -> Iterator[Installation]:
    env, url = tmp_path / "x.env", f"sqlite:///{tmp_path / 'x.sqlite'}"
    main(["init", str(env)], environ={})
    name, root = f"older_{worker_name}", None
    if request.param == "postgres":
        known: sa.Engine = request.getfixturevalue("_postgres_engine")
        root = sa.create_engine(known.url, isolation_level="AUTOCOMMIT")
        with root.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
        url = known.url.set(database=name).render_as_string(hide_password=False)
    lines = [line for line in env.read_text().splitlines() if "DATABASE_URL" not in line]
    env.write_text("\n".join([*lines, f"CHUISHAO_DATABASE_URL={url}", "CHUISHAO_JURISDICTION=qinghe", ""]))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    engine = connect(url)
    yield Installation(env, engine, port)
    engine.dispose()
    if root is not None:
        with root.connect() as connection:
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
        root.dispose()


def is_ready(port: int) -> bool:
    try:
        return "ok" in Browser(port).get("/readyz")
    except (OSError, AssertionError):
        return False


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    chosen = metafunc.config.getoption("--database")
    names = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
    metafunc.parametrize("installation", names if chosen == "both" else [chosen], indirect=True)


def test_the_version_before_serves_on_the_new_schema_and_the_new_one_goes_on(
    installation: Installation, older_tree: Path, tmp_path: Path
) -> None:
    log, port = tmp_path / "older.log", installation.port
    command = [sys.executable, "-P", str(Path(__file__).with_name("older.py")), str(installation.env), str(port)]
    environ = {**os.environ, "PYTHONPATH": str(older_tree)}
    with log.open("wb") as file:
        older = subprocess.Popen(command, cwd=older_tree, stdout=file, stderr=file, env=environ)
    try:
        wait_for(lambda: older.poll() is not None or is_ready(port), "the version before serves")
        assert older.poll() is None, log.read_text()
        first = installation.file("路灯不亮")
        installation.do("community", first, "record", category="roads")
        before = installation.rows("SELECT version_num FROM alembic_version")
        assert main(["--env-file", str(installation.env), "db", "upgrade"], environ={}) == 0
        now = installation.rows("SELECT version_num FROM alembic_version")
        assert (now, before != now) == ([(migrating.newest_revision(),)], True)
        assert "路灯不亮" in installation.follow(first)
        second = installation.file("井盖坏了")
        assert second.number in installation.do("community", second, "record", category="roads")
        installation.let_be_due("rung", "timer")
        assert is_ready(port)
        older.terminate()
        assert older.wait(60) == 0, log.read_text()
    finally:
        older.kill()
        older.wait()
    assert '"level": "error"' not in log.read_text(), log.read_text()
    with running(["web", "--port", str(port)], installation.env, tmp_path / "newer.log") as newer:
        wait_for(lambda: is_ready(port) or not newer.process.is_alive(), "today's version serves")
        third = installation.file("水管漏水")
        for receipt in (first, second, third):
            assert receipt.number in installation.follow(receipt), newer.said()
        installation.do("community", third, "record", category="roads")
        assert newer.stop() == 0
    assert installation.rows("SELECT code FROM incident") == []
