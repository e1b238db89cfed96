"""The application on a test's own database, and a browser's worth of client."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from config import Settings
from engine.organisation.passwords import hash_password
from tests.factories import District, make_district
from tests.fakes import ManualClock
from tests.web.browsing import PASSWORD
from web import create_app, current, wire
from web.api import models as _api  # noqa: F401 - every table is known before the first database is made
from web.auth import models as _auth  # noqa: F401
from web.database import db
from web.feeds import models as _feeds  # noqa: F401
from web.guard import limiter
from web.logs import configure_logs


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of a small installation on the test's database."""
    return Settings(
        database_url=database_url,
        secret_key=b"k" * 32,
        field_key=bytes(range(32)),
        blob_dir=tmp_path / "blobs",
        jurisdiction="qinghe",
        scheduler_embedded=False,
    )


class Applications:
    """Applications by their settings, each with its compiled templates: making one takes longer than most tests."""

    def __init__(self) -> None:
        self._made: dict[Settings, tuple[Flask, dict[str, Any], dict[str, Any]]] = {}

    def give(self, settings: Settings, clock: ManualClock) -> Flask:
        """Return the application of these settings as if it had just been made."""
        known = replace(settings, blob_dir=Path())
        if known not in self._made:
            app = create_app(settings, clock=clock)
            app.config["PROPAGATE_EXCEPTIONS"] = False
            self._made[known] = app, dict(app.config), dict(app.extensions)
        app, config, extensions = self._made[known]
        for now, before in ((app.config, config), (app.extensions, extensions)):
            now.clear()
            now.update(before)
        wiring = wire(settings, clock)
        wiring.runtime.hooks.give_way = app.wsgi_app.give_way  # type: ignore[attr-defined]
        app.extensions.update(current.attach(wiring))
        return app


@pytest.fixture(scope="session")
def applications() -> Applications:
    """What was made for other tests."""
    return Applications()


@pytest.fixture
def app(applications: Applications, settings: Settings, clock: ManualClock) -> Iterator[Flask]:
    """The application, with the test's clock. A test that adds addresses makes one of its own: `fresh_app`."""
    yield from _used(applications.give(settings, clock))


@pytest.fixture
def fresh_app(settings: Settings, clock: ManualClock) -> Iterator[Flask]:
    """An application that no other test has."""
    yield from _used(Applications().give(settings, clock))


def _used(app: Flask) -> Iterator[Flask]:
    yield app
    with app.app_context():
        limiter.reset()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that nobody has signed in with."""
    return app.test_client()


@pytest.fixture(scope="session")
def hashed_password() -> str:
    """`PASSWORD` as it is stored; hashing is slow on purpose, so once is enough."""
    return hash_password(PASSWORD)


@pytest.fixture
def district(session: Session, hashed_password: str) -> District:
    """The invented district; everybody's password is `PASSWORD`."""
    district = make_district(session)
    for person in district.staff.values():
        person.password_hash = hashed_password
    session.commit()
    return district


@pytest.fixture(scope="session", autouse=True)
def _quiet_logs() -> None:
    configure_logs("ERROR")
