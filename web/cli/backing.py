"""Commands that back an installation up, bring it back, and let notices go afterwards."""

import argparse
import getpass
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.orm import Session

import engine.tables  # noqa: F401  all models, so that they know each other
from config import Settings
from engine.audit import Actor
from engine.backups import Restored, restore, take
from engine.backups.archive import fingerprint
from engine.cases.blobs import BlobStore
from engine.clock import SystemClock
from engine.db import connect, sessions
from engine.notices.holding import held_count, release, standing_hold
from web import migrating
from web.cli.people import open_session, where
from web.cli.reading import Commands, Read


def add_commands(commands: Commands) -> None:
    """Add `backup`, `restore` and `notices`."""
    backup = commands.add_parser("backup", help="write the database, the files and the keys' fingerprints to one file")
    backup.add_argument("file", type=Path, nargs="?", help="default: chuishao-DATE-TIME.backup in this folder")
    backup.set_defaults(run=_backup)

    back = commands.add_parser("restore", help="bring a backup back; notices are held until `notices release`")
    back.add_argument("file", type=Path)
    back.add_argument("--replace", action="store_true", help="put it in the place of the database that is there")
    back.set_defaults(run=_restore)

    notices = commands.add_parser("notices", help="whether notices are sent")
    actions = notices.add_subparsers(dest="action", required=True)
    actions.add_parser("status", help="say whether they are held").set_defaults(run=_status)
    letting = actions.add_parser("release", help="send them again, after a restore")
    letting.add_argument(
        "--set-aside", action="store_true",
        help="what was waiting when the backup was made is not sent but listed as undelivered",
    )  # fmt: skip
    letting.set_defaults(run=_release)


def _backup(options: argparse.Namespace, read: Read) -> int:
    settings, now = read(), SystemClock().now()
    target = options.file or Path(f"chuishao-{now:%Y%m%d-%H%M%S}.backup")
    engine_ = connect(settings.database_url, hide_parameters=True)
    try:
        taken = take(
            sessions(engine_), make_url(settings.database_url), BlobStore(settings.blob_dir), target,
            keys=_keys(settings), version=_version(), now=now,
        )  # fmt: skip
    finally:
        engine_.dispose()
    about = taken.manifest
    print(f"Wrote {target}: {taken.size} bytes, {about.database} at {about.revision}, {about.blobs} files.")
    print("Keep the settings file as well, apart from it: without CHUISHAO_FIELD_KEY (fingerprint "
          f"{about.keys['field_key']}) residents' data in it cannot be read.")  # fmt: skip
    for head in about.heads:
        print(f"{head['jurisdiction']}: {head['number']} events, last seal {head['seal']}")
    for sha256 in taken.missing:
        print(f"A file that a case names is not in the store: {sha256}")
    return 1 if taken.missing else 0


def _restore(options: argparse.Namespace, read: Read) -> int:
    settings = read()
    restored = restore(
        options.file, make_url(settings.database_url), BlobStore(settings.blob_dir), keys=_keys(settings),
        revisions=migrating.known_revisions(), now=SystemClock().now(), replace=options.replace,
    )  # fmt: skip
    about = restored.manifest
    print(f"Restored what was there at {about.made_at}: {about.database} at {about.revision}, {about.blobs} files.")
    print("Notices are held. When all is well: `chuishao notices release` sends what waits; with --set-aside, only "
          "what came after the backup.")  # fmt: skip
    if about.revision != migrating.newest_revision():
        print("The database is of an older version: run `chuishao db upgrade` before anything else.")
    if about.keys.get("secret_key") != fingerprint(settings.secret_key):
        print("CHUISHAO_SECRET_KEY is another one than then: everybody signs in anew.")
    with open_session(settings) as session:
        return _tell_audit(session, restored)


def _tell_audit(session: Session, restored: Restored) -> int:
    for place in restored.broken:
        print(where(session, place))
    for jurisdiction in restored.cut:
        print(f"{jurisdiction}: the audit log ends before the last seal that the backup tells of.")
    if not restored.broken and not restored.cut:
        print("The audit log holds.")
    return 1 if restored.broken or restored.cut else 0


def _status(_options: argparse.Namespace, read: Read) -> int:
    with open_session(read()) as session:
        hold, waiting = standing_hold(session), held_count(session)
        if hold is None:
            print(f"Notices are sent as they come; {waiting} wait.")
        else:
            print(f"Notices are held since {hold.held_at:%Y-%m-%d %H:%M} UTC, when the backup of "
                  f"{hold.backup_made_at:%Y-%m-%d %H:%M} UTC was restored; {waiting} wait.")  # fmt: skip
    return 0


def _release(options: argparse.Namespace, read: Read) -> int:
    settings = read()
    with open_session(settings) as session:
        aside = release(
            session, jurisdiction=settings.jurisdiction, actor=Actor.api(f"command line, {getpass.getuser()}"),
            now=SystemClock().now(), set_aside=options.set_aside,
        )  # fmt: skip
        print(f"Notices are sent again; {aside} were set aside, {held_count(session)} wait.")
    return 0


def _keys(settings: Settings) -> Mapping[str, bytes]:
    return {"field_key": settings.field_key, "secret_key": settings.secret_key}


def _version() -> str:
    try:
        return version("chuishao")
    except PackageNotFoundError:
        return "not installed"
