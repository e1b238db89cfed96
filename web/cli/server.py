"""Commands that set an installation up and run it."""

import argparse
import base64
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from contextlib import nullcontext
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from flask import Flask

from engine.errors import Conflict
from engine.heartbeats import MARK
from web import create_app, migrating
from web.carrying import carried, worker_of
from web.cli.reading import Commands, Read
from web.logs import configure_logs, log_uncaught
from web.memory import settle

#: How pages are served. What a proxy says of whom it speaks for is read, or not believed, by the application
#: (`CHUISHAO_TRUSTED_PROXIES`): waitress would take it away, and everybody would come from the proxy's own address.
SERVING: Final[Mapping[str, Any]] = {"threads": 8, "ident": "chuishao", "clear_untrusted_proxy_headers": False}
#: what a worker may take; see `engine.queueing.jobs`, which is loaded only where there is one
QUEUES = ("steps", "notices")
#: how much a scheduler's or worker's process steps back behind others of the machine, see nice(2)
_POLITE = 10
#: seconds after which a thread that works must let others work, while due work is carried beside the pages
_TURN = 0.001


def add_commands(commands: Commands) -> None:
    """Add `init`, `db`, `web`, `worker`, `scheduler` and `version`."""
    init = commands.add_parser("init", help="write a first settings file with fresh keys")
    init.add_argument("file", type=Path)
    init.set_defaults(run=_init)

    database = commands.add_parser("db", help="bring the database to the version this code needs")
    database.add_argument("action", choices=("upgrade", "downgrade", "current"))
    database.add_argument("revision", nargs="?", help="head for upgrade; a revision or base for downgrade")
    database.set_defaults(run=_db)

    serve = commands.add_parser("web", help="serve the pages")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)
    serve.set_defaults(run=_web)

    share = commands.add_parser("worker", help="take work out of the queue; as many as there are cores, on any machine")
    share.add_argument("--concurrency", type=_few, default=2, metavar="N", help="jobs at once, 1 to 32 (default: 2)")
    share.add_argument("--queues", nargs="+", choices=QUEUES, default=QUEUES, help="default: all of them")
    share.set_defaults(run=_worker)

    carry = commands.add_parser("scheduler", help="carry timers, escalations and notices in a process of their own")
    carry.set_defaults(run=_scheduler)

    commands.add_parser("version", help="say which version this is").set_defaults(run=_version)


def _init(options: argparse.Namespace, _read: Read) -> int:
    """Write the file, readable by its owner only; an existing one is left as it is."""
    written = write_settings(options.file, {})
    print(f"Wrote {options.file}." if written else f"{options.file} is there already; nothing was changed.")
    return 0


def write_settings(path: Path, further: Mapping[str, str]) -> bool:
    """Write a settings file with fresh keys, readable by its owner only.

    Args:
        further: settings beside the database, the blobs and the keys, without their prefix.

    Returns:
        False when the file is there; it is left as it is.
    """
    if path.exists():
        return False
    folder = path.parent
    folder.mkdir(parents=True, exist_ok=True)
    lines = {
        "DATABASE_URL": f"sqlite:///{folder / 'chuishao.sqlite'}",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "BLOB_DIR": str(folder / "blobs"),
        **further,
    }
    text = "# Keep this file secret, and keep a copy: without FIELD_KEY the residents' sealed fields cannot be read.\n"
    text += "".join(f"CHUISHAO_{key}={value}\n" for key, value in lines.items())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    return True


def _db(options: argparse.Namespace, read: Read) -> int:
    app = create_app(read())
    if options.revision:
        migrating.refuse_unknown(options.revision)
    try:
        _migrate(options, app)
    except SystemExit:  # Alembic has said why
        return 2
    print(f"The database is at {migrating.current_revision(app) or 'no revision: it is empty'}.")
    return 0


def _migrate(options: argparse.Namespace, app: Flask) -> None:
    if options.action == "upgrade":
        migrating.upgrade(app, options.revision or "head")
    elif options.action == "downgrade":
        if not options.revision:
            raise Conflict("revision-missing", "Say down to which revision; `base` drops every table.")
        migrating.downgrade(app, options.revision)


def _web(options: argparse.Namespace, read: Read) -> int:
    import waitress

    settings = read()
    configure_logs(settings.log_level)
    log_uncaught()
    _introduce("web")
    app = create_app(settings)
    refuse_other_revision(migrating.current_revision(app))
    settle()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end as on Ctrl-C: what is under way is finished
    if settings.scheduler_embedded:
        sys.setswitchinterval(_TURN)  # a page waits for its turn each time that it has asked the database
    with carried(app) if settings.scheduler_embedded else nullcontext():
        print(f"Chuishao on http://{options.host}:{options.port}", flush=True)
        waitress.serve(app, host=options.host, port=options.port, **SERVING)
    return 0


def _worker(options: argparse.Namespace, read: Read) -> int:
    """Do jobs until the process is told to end; what is under way is finished, what is not begun is given back."""
    os.nice(_POLITE)
    settings = read()
    configure_logs(settings.log_level)
    log_uncaught()
    if not settings.database_url.startswith("postgresql"):
        raise Conflict(
            "worker-needs-postgresql",
            "Workers share a PostgreSQL database. With SQLite, `chuishao web` carries due work itself.",
        )
    _introduce("worker")
    app = create_app(settings)
    refuse_other_revision(migrating.current_revision(app))
    if migrating.lacks_queue(app):
        raise Conflict("queue-missing", "The database has no queue of this version. Run `chuishao db upgrade` first.")
    settle()
    worker = worker_of(app, concurrency=options.concurrency, queues=options.queues)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: worker.stop())
    print(f"Chuishao works on {', '.join(options.queues)}", flush=True)
    worker.run()
    return 0


def _introduce(work: str) -> None:
    """Let PostgreSQL know by what name this process is connected: for who looks there, and for `restore`."""
    os.environ["PGAPPNAME"] = f"{MARK}{work} {socket.gethostname()[:40]}:{os.getpid()}"


def _few(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 32:
        raise argparse.ArgumentTypeError(f"{text} is no whole number from 1 to 32")
    return int(text)


def _scheduler(_options: argparse.Namespace, read: Read) -> int:
    """Carry due work until the process is told to end; pages that are served on the same machine come first."""
    os.nice(_POLITE)
    settings = read()
    configure_logs(settings.log_level)
    log_uncaught()
    _introduce("scheduler")
    app = create_app(settings)
    refuse_other_revision(migrating.current_revision(app))
    settle()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with carried(app):
        ended.wait()
    return 0


def refuse_other_revision(found: str | None) -> None:
    """Return when the database is at the revision that this code needs.

    Raises:
        Conflict: `database-revision`, with what to run.
    """
    needed = migrating.newest_revision()
    if found != needed:
        raise Conflict(
            "database-revision",
            "The database is at {found}, this version needs {needed}. Run `chuishao db upgrade` first.",
            found=found or "no revision",
            needed=needed,
        )


def _version(_options: argparse.Namespace, _read: Read) -> int:
    try:
        print(f"chuishao {version('chuishao')}")
    except PackageNotFoundError:
        print("chuishao (not installed)")
    return 0
