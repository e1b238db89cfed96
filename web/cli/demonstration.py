"""The command `chuishao demo`: an invented district with weeks of cases, its own clock and its own mail server."""

import argparse
import dataclasses
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

from flask import Flask

from config import Settings, read_env_file
from engine.cases.runtime import case_runtime
from web import create_app, current, migrating
from web.carrying import Carrier
from web.cli.reading import Commands, Read
from web.cli.server import SERVING, write_settings
from web.demo import district
from web.demo.build import build_district, deploy_others, is_built
from web.demo.clock import DemoClock
from web.demo.history import History
from web.demo.mailbox import HOST, Mailbox, MailServer
from web.demo.views import init_demo
from web.logs import configure_logs
from web.memory import settle

_FOLDER: Final = Path("var/demo")
#: says that the weeks of cases are complete
_PLAYED: Final = "played"


def add_commands(commands: Commands) -> None:
    """Add `demo`."""
    demo = commands.add_parser("demo", help="a demonstration district on this machine, accounts printed")
    demo.add_argument("--folder", type=Path, default=_FOLDER, help="where its data lies; remove it to begin anew")
    demo.add_argument("--host", default="127.0.0.1")
    demo.add_argument("--port", type=int, default=8000)
    demo.add_argument("--build-only", action="store_true", help="make the data and leave")
    demo.set_defaults(run=_demo)


def _demo(options: argparse.Namespace, _read: Read) -> int:
    folder: Path = options.folder
    if not options.build_only:
        forget_unfinished(folder)
    settings = demo_settings(folder, f"http://{options.host}:{options.port}")
    configure_logs(settings.log_level)
    clock = DemoClock(folder / "clock")
    mailbox = Mailbox(folder / "mail", clock.now)
    server = MailServer(mailbox, _free_port())
    app = create_app(dataclasses.replace(settings, smtp_url=f"smtp://{HOST}:{server.port}"), clock=clock)
    migrating.upgrade(app, "head")
    with app.app_context():
        if not is_built(current.session()):
            build_district(current.session(), current.now())
    if options.build_only:
        play(app, folder)
        return 0
    init_demo(app, mailbox)
    _serve(app, server, options)
    return 0


def forget_unfinished(folder: Path) -> None:
    """Remove data whose weeks of cases were cut off before their end: they would begin in the middle of a story."""
    if not (folder / _PLAYED).exists():
        for path in [*folder.glob("chuishao.sqlite*"), folder / "clock"]:
            path.unlink(missing_ok=True)


def demo_settings(folder: Path, public_url: str) -> Settings:
    """Return the settings of the demonstration in `folder`, with keys of its own that are made the first time."""
    path = folder / "settings.env"
    write_settings(path, {"DEMO": "1", "JURISDICTION": district.JURISDICTION, "LOG_LEVEL": "WARNING"})
    settings = Settings.from_env(read_env_file(path))
    return dataclasses.replace(settings, public_url=public_url, mail_from=f"chuishao@{district.MAIL_DOMAIN}")


def play(app: Flask, folder: Path) -> None:
    """Let the weeks of cases happen, once."""
    if (folder / _PLAYED).exists():
        return
    with app.app_context():
        session, vault = current.session(), current.vault()
        deploy_others(session, current.now())
        # a runtime that wakes nobody: in the story it is still weeks ago
        runtime = case_runtime(vault, site=current.settings().public_url)
        count = History(session, runtime, vault, current.now()).run()
    (folder / _PLAYED).touch()
    print(f"{count} cases of the last weeks are there now.", flush=True)


def _serve(app: Flask, server: MailServer, options: argparse.Namespace) -> None:
    """Serve the pages at once; the weeks of cases fill in behind them, and then the scheduler begins to tick."""
    import waitress

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end as on Ctrl-C: what is under way is finished
    server.start()
    carrier = Carrier(app)

    def behind() -> None:
        # in a process of its own: what it needs of memory is gone when it ends
        again = [sys.executable, "-m", "web.cli", "demo", "--build-only", "--folder", str(options.folder)]
        again += ["--host", options.host, "--port", str(options.port)]
        if subprocess.run(again, check=False).returncode == 0:  # noqa: S603 - ourselves, with our own options
            carrier.scheduler.start()

    threading.Thread(target=behind, name="demo-history", daemon=True).start()
    try:
        _print_accounts(f"http://{options.host}:{options.port}")
        settle()
        waitress.serve(app, host=options.host, port=options.port, **SERVING)
    finally:
        carrier.scheduler.stop()
        carrier.dispatcher.stop()
        server.stop()


def _print_accounts(address: str) -> None:
    """Print where to go and one account a role."""
    print(f"\nChuishao 吹哨 · demonstration on {address}")
    print(f"Residents begin at {address}/ ; staff sign in at {address}/sign-in, password: {district.PASSWORD}\n")
    for login, role in district.SHOWN:
        print(f"  {login:20} {role}")
    print(f"\nMove the clock and read the mails at {address}/demo/ . End with Ctrl-C.", flush=True)


def _free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
