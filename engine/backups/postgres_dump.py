"""PostgreSQL: `pg_dump` writes the archive, `pg_restore` reads it, and `psql` runs it as one transaction."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from psycopg.conninfo import make_conninfo
from sqlalchemy import URL

from engine.errors import Unavailable

MEMBER: Final = "database.pgdump"
#: Drops everything of the queue that workers share, whatever its version: it is more than tables.
DROP_QUEUE: Final = """\
DO $$ DECLARE it record; BEGIN
FOR it IN SELECT c.oid::regclass AS name FROM pg_class c
  WHERE c.relkind = 'r' AND c.relname LIKE 'procrastinate\\_%' AND c.relnamespace = 'public'::regnamespace
LOOP EXECUTE 'DROP TABLE IF EXISTS ' || it.name || ' CASCADE'; END LOOP;
FOR it IN SELECT p.oid::regprocedure AS name FROM pg_proc p
  WHERE p.proname LIKE 'procrastinate\\_%' AND p.pronamespace = 'public'::regnamespace
LOOP EXECUTE 'DROP FUNCTION IF EXISTS ' || it.name || ' CASCADE'; END LOOP;
FOR it IN SELECT t.oid::regtype AS name FROM pg_type t
  WHERE t.typname LIKE 'procrastinate\\_%' AND t.typtype IN ('e', 'c') AND t.typnamespace = 'public'::regnamespace
LOOP EXECUTE 'DROP TYPE IF EXISTS ' || it.name || ' CASCADE'; END LOOP;
END $$"""


def dump(url: URL, target: Path) -> None:
    """Write the whole database, as it is at one instant, into a new file.

    Raises:
        Unavailable: `pg_dump` is not there, or failed.
    """
    _run(url, ["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}"])


def load(
    url: URL, source: Path, script: Path, *, drop: Iterable[str], first: Sequence[str] = (), then: Sequence[str]
) -> None:
    """Bring the database to what `dump` wrote, in one transaction: all of it, or nothing.

    Args:
        script: a file that does not exist yet, for the statements.
        drop: tables that go before.
        first: statements that are run before everything else.
        then: statements that belong to it, run last.

    Raises:
        Unavailable: `pg_restore` or `psql` is not there, or failed; the database is as it was.
    """
    body = script.with_suffix(".body")
    _run(None, ["pg_restore", "--no-owner", "--no-privileges", f"--file={body}", str(source)])
    with script.open("x", encoding="utf-8") as file:
        file.writelines(f"{statement};\n" for statement in first)
        file.writelines(f'DROP TABLE IF EXISTS "{name}" CASCADE;\n' for name in drop)
        file.write(f"\\i '{body}'\n")
        # what the dump sets for itself must not hold for what follows
        file.write("RESET ALL;\n")
        file.writelines(f"{statement};\n" for statement in then)
    options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--file={script}"]
    _run(url, ["psql", *options])


def _run(url: URL | None, command: list[str]) -> None:
    program = shutil.which(command[0])
    if program is None:
        raise Unavailable(
            "program-missing",
            "{program} is not on PATH. Install PostgreSQL's client programs, of the server's version or a newer one.",
            program=command[0],
        )
    environ = dict(os.environ)
    if url is not None:
        command = [*command, f"--dbname={_address(url)}"]
        if url.password:
            environ["PGPASSWORD"] = str(url.password)  # a command line is read by everybody on the machine
    done = subprocess.run(  # noqa: S603 - a list of arguments, of our own making
        [program, *command[1:]], env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise Unavailable(
            "program-failed",
            "{program} failed: {reason}",
            program=command[0],
            reason=next((line for line in lines if "rror" in line), lines[-1] if lines else str(done.returncode)),
        )


def _address(url: URL) -> str:
    """Return where the database is, in libpq's words, without the password."""
    parts = {"host": url.host, "port": url.port, "user": url.username, "dbname": url.database}
    further = {name: value if isinstance(value, str) else ",".join(value) for name, value in url.query.items()}
    return make_conninfo("", **{name: value for name, value in parts.items() if value}, **further)
