"""Commands about process packages: check one, deploy one."""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from engine.audit import Actor
from engine.clock import SystemClock
from engine.definitions import Package
from engine.definitions.check import check
from engine.errors import Invalid, NotFound
from engine.sandbox.deploying import deploy_checked
from engine.spiff.findings import Finding, Severity
from engine.spiff.lint import lint
from web.cli.deciding import find as find_in_decisions
from web.cli.people import open_session
from web.cli.reading import Commands, Read


def add_commands(commands: Commands) -> None:
    """Add `lint` and `deploy`."""
    find = commands.add_parser("lint", help="find what is wrong with a diagram or a package; exit 1 on errors")
    find.add_argument("path", type=Path, help="a .bpmn or .dmn file, or the folder of a package")
    find.add_argument("--json", action="store_true")
    find.set_defaults(run=_lint)
    bring = commands.add_parser("deploy", help="check a package and let new cases start on it")
    bring.add_argument("folder", type=Path)
    bring.add_argument("--note", default="", help="what changed and why")
    bring.add_argument("--inactive", action="store_true", help="store it without letting new cases start on it")
    bring.add_argument(
        "--force", action="store_true",
        help="deploy although a scenario of the package no longer ends as recorded; the audit says so",
    )  # fmt: skip
    bring.set_defaults(run=_deploy)


def _lint(options: argparse.Namespace, _read: Read) -> int:
    """Print the findings, errors first."""
    findings = _findings(options.path)
    errors = sum(finding.severity == Severity.ERROR for finding in findings)
    if options.json:
        print(json.dumps([dataclasses.asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            print(f"{finding.severity:7} {_line(finding.file, finding.message, finding.code)}")
        print(f"{errors} error{'s' * (errors != 1)}, {len(findings) - errors} other findings.")
    return 1 if errors else 0


def _line(file: str, message: str, code: str) -> str:
    """Name the file once, whether or not the message begins with it."""
    return f"{message if message.startswith(file) else f'{file}: {message}'} [{code}]"


def _findings(path: Path) -> list[Finding]:
    if path.is_dir():
        return check(Package.read_directory(path), strict_layout=True)
    if not path.is_file():
        raise NotFound("file-missing", "There is no file {path}.", path=str(path))
    if path.suffix == ".dmn":
        return find_in_decisions(path)
    if (path.parent / "package.json").is_file():  # what it calls lies beside it
        package = Package.read_directory(path.parent)
        return [each for each in check(package, strict_layout=True) if each.file == path.name]
    return lint({path.name: path.read_bytes()})


def _deploy(options: argparse.Namespace, read: Read) -> int:
    settings = read()
    package = Package.read_directory(options.folder)
    with open_session(settings) as session:
        try:
            deployed = deploy_checked(
                session, package, author=Actor.api("command line"), note=options.note, now=SystemClock().now(),
                jurisdiction=settings.jurisdiction, activate=not options.inactive, despite_scenarios=options.force,
            )  # fmt: skip
        except Invalid as error:
            for finding in error.facts.get("findings", ()):
                print(_line(finding["file"], finding["message"], finding["code"]), file=sys.stderr)
            for each in error.facts.get("differences", ()):
                print(f"{each['scenario']}: {each['sentence']}", file=sys.stderr)
            raise
        for replayed in deployed.replayed:
            if not replayed.same:
                print(f"{replayed.scenario.name} differs: {replayed.first}", file=sys.stderr)
        version = deployed.version
        print(f"{version.key} {version.number} is {version.state}.")
    return 0
