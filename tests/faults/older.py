"""The version before this one: `python -P older.py ENV PORT` in its tree sets up an installation and serves it.

It runs with that version's code, and asks it for nothing but what has long been there.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from config import Settings, read_env_file
from engine.audit import Actor
from engine.db import connect, sessions, writing
from engine.definitions import Package, deploy
from engine.organisation.passwords import hash_password
from tests.factories import JURISDICTION, make_district
from web.cli import main

PASSWORD = "柳园-petition-9"


def fill(env: Path) -> None:
    """Add the district, whose people sign in with `PASSWORD`, and the petition."""
    engine, hashed = connect(Settings.from_env(read_env_file(env)).database_url), hash_password(PASSWORD)
    package, now = Package.read_directory(Path("bpmn/petition")), datetime.now(UTC)
    with sessions(engine)() as session:
        people = make_district(session).staff
        with writing(session):
            for person in people.values():
                person.password_hash = hashed
        deploy(session, package, author=Actor.engine(), note="", now=now, jurisdiction=JURISDICTION)
    engine.dispose()


if __name__ == "__main__":
    if status := main(["--env-file", sys.argv[1], "db", "upgrade"]):
        sys.exit(status)
    fill(Path(sys.argv[1]))
    sys.exit(main(["--env-file", sys.argv[1], "web", "--port", sys.argv[2]]))
