"""The command `chuishao`: what an installation's operator, a process designer and the demo call."""

import argparse
import os
import re
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeGuard

from config import Settings, SettingsError, read_env_file
from engine import failpoints
from engine.errors import EngineError

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

#: module here → the commands that it adds; a command is a function of the parsed arguments and the settings' reader.
#: Only the module of the command that is called is loaded: all of them together take seconds.
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "server": ("init", "db", "web", "worker", "scheduler", "version"),
    "checking": ("feel",),
    "deciding": ("decide",),
    "deadlines": ("due",),
    "calendars": ("calendar",),
    "packages": ("lint", "deploy"),
    "versions": ("diff", "package"),
    "importing": ("import",),
    "playing": ("play",),
    "rehearsing": ("replay",),
    "moving": ("migrate",),
    "people": ("staff", "audit"),
    "tokens": ("token",),
    "searching": ("search",),
    "keeping": ("retention",),
    "backing": ("backup", "restore", "notices"),
    "notices": ("bounced",),
    "demonstration": ("demo",),
}

#: what SQLite and PostgreSQL say of a table or column that a migration has still to make
_NO_TABLE: Final = re.compile(r"no such (table|column)|(relation|column) .* does not exist")


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: without the program's name; None for those that the process was started with.
        environ: the settings; None for the process's own environment.

    Returns:
        The exit status: 0 done, 1 the command found fault with what it was to judge, 2 it could not be done.
    """
    options = parse(sys.argv[1:] if arguments is None else arguments)
    variables = dict(os.environ if environ is None else environ)

    def settings() -> Settings:
        path = options.env_file or variables.get("CHUISHAO_ENV_FILE")
        held = {key: value for key, value in variables.items() if key != "CHUISHAO_ENV_FILE"}
        found = Settings.from_env({**(read_env_file(Path(path)) if path else {}), **held})
        if found.failpoints:
            print(f"chuishao: this process fails on purpose, at {found.failpoints}.", file=sys.stderr)
            failpoints.arm(found.failpoints)
        return found

    try:
        return int(options.run(options, settings) or 0)
    except SettingsError as error:
        for key, problem in error.problems.items():
            print(f"chuishao: {key} {problem}.", file=sys.stderr)
    except EngineError as error:
        print(f"chuishao: {error.message}", file=sys.stderr)
    except BrokenPipeError:  # whoever reads has had enough
        sys.stderr.close()
        return 0
    except OSError as error:
        print(f"chuishao: {error.filename or ''}: {error.strerror or error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if not _is_of_database(error):
            raise
        reason = str(error.orig).splitlines()[0] if error.orig else type(error).__name__
        print(f"chuishao: the database says: {reason}", file=sys.stderr)
        if _NO_TABLE.search(reason):
            print("chuishao: the database is not at this version. Run `chuishao db upgrade` first.", file=sys.stderr)
    return 2


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read a command's arguments; ends the process with 2 when they are no command's."""
    parser = argparse.ArgumentParser(prog="chuishao", description="An engine for petitions.")
    parser.add_argument("--env-file", type=Path, help="a file of CHUISHAO_…=value lines; real variables win over it")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for group in _wanted(arguments):
        import_module(f"web.cli.{group}").add_commands(commands)
    return parser.parse_args(list(arguments))


def _wanted(arguments: Sequence[str]) -> list[str]:
    """Return the groups whose commands are named; all of them when none is, for the help."""
    named = [group for group, commands in GROUPS.items() if set(commands) & set(arguments)]
    return named or list(GROUPS)


def _is_of_database(error: Exception) -> TypeGuard["DBAPIError"]:
    """Has the database said this? A command that opened none has not loaded its library either."""
    library = sys.modules.get("sqlalchemy.exc")
    return library is not None and isinstance(error, library.DBAPIError)
