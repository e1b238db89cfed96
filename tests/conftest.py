"""What every test may ask for: a session on a real database, SQLite and PostgreSQL in turn."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from playwright.sync_api import Browser
from sqlalchemy.orm import Session, sessionmaker

from engine.db import connect
from engine.db import sessions as session_factory
from engine.organisation import passwords
from engine.tables import metadata
from tests.browser import opened_browser
from tests.fakes import ManualClock
from tests.postgres import PostgresMissing, Server
from web.api import models as _api_models  # noqa: F401  # the tables of the pages are made with the others
from web.auth import models as _auth_models  # noqa: F401

pytest_plugins = ["tests.sharing"]

_SERVER = pytest.StashKey[Server]()
_BROWSER = pytest.StashKey[tuple[Browser, ExitStack]]()
_EMPTYING = "empty_every_table"

# On a developer's machine every run looks for new examples; an unattended run repeats the same ones, so that a change
# is judged by what it changed.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database", choices=("sqlite", "postgres", "both"), default="both",
        help="the databases that tests with a session run on (default: both)",
    )  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    handed = getattr(config, "workerinput", None)
    config.stash[_SERVER] = Server(Path(handed["postgres"]), 0) if handed else Server.prepare()
    if handed:
        config.stash[_SERVER].owner = handed["owner"]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Tell each xdist worker where the run's one server lives."""
    server = node.config.stash[_SERVER]  # type: ignore[attr-defined]
    node.workerinput.update(postgres=str(server.home), owner=server.owner)  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and _SERVER in config.stash:
        config.stash[_SERVER].stop()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_url" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--database")
        names = ("sqlite", "postgres") if chosen == "both" else (chosen,)
        marks = {"postgres": pytest.mark.postgres, "sqlite": ()}
        metafunc.parametrize(
            "database_url", [pytest.param(name, marks=marks[name]) for name in names], indirect=True, scope="function"
        )


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    engine = connect(f"sqlite:///{path}")
    metadata.create_all(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def _postgres_engine(request: pytest.FixtureRequest, worker_name: str) -> Iterator[sa.Engine]:
    server = request.config.stash[_SERVER]
    try:
        root = sa.create_engine(server.url("postgres"), isolation_level="AUTOCOMMIT")
    except PostgresMissing as error:
        pytest.fail(str(error), pytrace=False)
    with root.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "test_{worker_name}"')
    root.dispose()
    engine = connect(server.url(f"test_{worker_name}"))
    metadata.create_all(engine)
    install_emptying(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session", autouse=True)
def costly_hasher() -> Iterator[PasswordHasher]:
    """Passwords and PINs that cost nothing: 45 ms on purpose, at the beginning of most tests, are minutes in a run.

    The tests of what they cost take the hasher that is given here: the engine's own.
    """
    with pytest.MonkeyPatch.context() as patch:
        costly = passwords._HASHER
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield costly


@pytest.fixture(scope="session")
def worker_name(request: pytest.FixtureRequest) -> str:
    """The xdist worker's name, `main` without xdist."""
    handed = getattr(request.config, "workerinput", None)
    return str(handed["workerid"]) if handed else "main"


@pytest.fixture
def browser(request: pytest.FixtureRequest) -> Browser:
    """One browser for all tests that come one after the other: a process can drive only one at a time.

    Each test opens windows of its own.
    """
    stash = request.config.stash
    if _BROWSER not in stash:
        opened = ExitStack()
        stash[_BROWSER] = opened.enter_context(opened_browser()), opened
    return stash[_BROWSER][0]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Close the browser before a test that has no use for it: as long as it is open, no other event loop can run."""
    if _BROWSER in item.config.stash and "browser" not in getattr(nextitem, "fixturenames", ()):
        item.config.stash[_BROWSER][1].close()
        del item.config.stash[_BROWSER]


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database with every table; what a test commits is gone after it.

    It is the same for every test of a worker, so that engines and applications may be kept from one test to the next.
    """
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("_sqlite_template")
        path = template.with_name("chuishao.db")
        for ending in ("", "-wal", "-shm"):  # a connection that a test left open goes on with the file that it knows
            path.with_name(path.name + ending).unlink(missing_ok=True)
        shutil.copyfile(template, path)
        yield f"sqlite:///{path}"
        return
    engine: sa.Engine = request.getfixturevalue("_postgres_engine")
    yield engine.url.render_as_string(hide_password=False)
    empty(engine)


def empty(engine: sa.Engine) -> None:
    """Delete every row in a PostgreSQL database. Deleting from small tables is much faster than truncating them."""
    with engine.begin() as connection:
        connection.exec_driver_sql(f"SELECT {_EMPTYING}()")


def install_emptying(engine: sa.Engine) -> None:
    """Make the function that deletes every row: PostgreSQL plans the statements of a function once a connection."""
    tables = "; ".join(f'DELETE FROM "{table.name}"' for table in reversed(metadata.sorted_tables))
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"CREATE FUNCTION {_EMPTYING}() RETURNS void LANGUAGE plpgsql SET session_replication_role = 'replica' "
            f"AS $$ BEGIN {tables}; END $$"
        )


@pytest.fixture(scope="session")
def _engines() -> dict[str, sa.Engine]:
    return {}


@pytest.fixture
def database(database_url: str, _engines: dict[str, sa.Engine]) -> Iterator[sa.Engine]:
    """An engine on the test's database, prepared as the application's.

    It outlives the test, since it remembers the statements that SQLAlchemy has compiled; its connections do not.
    """
    engine = _engines.get(database_url)
    if engine is None:
        engine = _engines[database_url] = connect(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(database: sa.Engine) -> sessionmaker[Session]:
    """The factory of sessions, for tests with more than one."""
    return session_factory(database)


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """One session. Its commits are real."""
    with sessions() as session:
        yield session


@pytest.fixture
def now() -> datetime:
    """A Wednesday morning in duty hours, far from holidays: 2026-03-18 10:00 in China."""
    return datetime(2026, 3, 18, 2, 0, tzinfo=UTC)


@pytest.fixture
def clock(now: datetime) -> ManualClock:
    """A clock that stands at `now` until the test moves it."""
    return ManualClock(now)
