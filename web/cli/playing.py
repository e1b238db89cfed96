"""The command that plays a package: its scenarios, or with default answers; without a database."""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from engine.definitions import Package
from engine.definitions.models import ProcessVersion
from engine.errors import EngineError, NotFound
from engine.importing import import_diagram
from engine.sandbox import Limits, Outcome, play_to_end
from engine.sandbox.database import as_version, compiled
from engine.sandbox.deploying import replay_all
from engine.sandbox.flows import Way
from engine.sandbox.playing import Player
from engine.sandbox.recording import path_of, scenarios_of
from engine.sandbox.running import Run
from engine.sandbox.scenarios import Replayed, coverage, replay
from web.cli.reading import Commands, Read

#: `zeebe:taskDefinition type` by which a process calls for another one.
_CALLS: Final = b'type="convert"'


def add_commands(commands: Commands) -> None:
    """Add `play`."""
    play = commands.add_parser(
        "play",
        help="replay a package's scenarios, or play it with default answers; exit 1 when one differs or gets stuck",
    )
    play.add_argument("path", type=Path, metavar="DIR", help="the folder of a package, or a .bpmn file")
    play.add_argument("--scenario", metavar="NAME", help="replay this one only")
    play.add_argument("--default", action="store_true", help="play with default answers though there are scenarios")
    play.add_argument("--rounds", type=int, default=1, help="so many matters; later ones go other ways")
    play.add_argument("--seconds", type=float, default=60.0, help="of all rounds")
    play.add_argument("--record", metavar="NAME", help="write what default answers play as scenarios/NAME.json")
    play.add_argument("--accept", action="store_true", help="write the scenarios anew as they go now")
    play.add_argument("--json", action="store_true")
    play.set_defaults(run=_play)


def _play(options: argparse.Namespace, _read: Read) -> int:
    """Exit 0 when everything ended as recorded, or ended at all; 1 when not."""
    limits = Limits(rounds=max(options.rounds, 1), seconds=options.seconds)
    if options.path.is_file():
        return _tell_played(options, "drawing", play_to_end(_drawn(options.path), limits), None)
    package = Package.read_directory(options.path)
    if options.record:
        return _record(options, package, limits)
    if options.scenario or (scenarios_of(package) and not options.default):
        return _replay(options, package)
    try:
        compiled(package)
    except EngineError:
        return _walk(options, package, limits)
    outcome = play_to_end(package, limits, others=_others(options.path, package))
    return _tell_played(options, "default", outcome, package)


def _drawn(path: Path) -> bytes:
    return import_diagram(path.name, path.read_bytes()).content


def _walk(options: argparse.Namespace, package: Package, limits: Limits) -> int:
    """A package that lacks something to run is walked as drawn, page by page."""
    found = [play_to_end(import_diagram(name, content).content, limits) for name, content in package.diagrams.items()]
    outcome = Outcome(
        ended=all(each.ended for each in found) and bool(found),
        walked=frozenset(way for each in found for way in each.walked),
        stuck=tuple(stuck for each in found for stuck in each.stuck),
        released=tuple(way for each in found for way in each.released),
        steps=sum(each.steps for each in found),
    )  # fmt: skip
    return _tell_played(options, "drawing", outcome, None)


def _others(folder: Path, package: Package) -> list[ProcessVersion]:
    """The packages in the folders beside it, where it calls for one of them."""
    if not any(_CALLS in content for content in package.diagrams.values()):
        return []
    found = []
    for manifest in sorted(folder.resolve().parent.glob("*/package.json")):
        if manifest.parent != folder.resolve():
            try:
                found.append(as_version(Package.read_directory(manifest.parent)))
            except EngineError:
                continue  # what cannot be read cannot be called for
    return found


def _replay(options: argparse.Namespace, package: Package) -> int:
    others = _others(options.path, package)
    if options.scenario:
        wanted = next((each for each in scenarios_of(package) if each.name == options.scenario), None)
        if wanted is None:
            raise NotFound("scenario-unknown", "The package has no scenario {name}.", name=options.scenario)
        replayed = [replay(package, wanted, others)]
    else:
        replayed = replay_all(package, others)
    if options.accept:
        for each in replayed:
            if each.again is not None:
                _write(options.path, each.scenario.name, each.again.to_json())
    shown = coverage(package, [each.walked for each in replayed])
    differing = [each for each in replayed if not each.same and not (options.accept and each.again is not None)]
    if options.json:
        _print({
            "process": package.manifest["key"], "mode": "scenarios", "same": not differing,
            "scenarios": [_said(each) for each in replayed], "coverage": _covered(shown),
        })  # fmt: skip
        return 1 if differing else 0
    for each in replayed:
        accepted = options.accept and not each.same and each.again is not None
        print(f"{'same' if each.same else 'accepted' if accepted else 'DIFFERS'}  {each.scenario.name}")
        for difference in each.differences:
            print(f"    {difference.sentence}")
    print("\n".join(_lines(shown)))
    return 1 if differing else 0


def _said(replayed: Replayed) -> dict[str, Any]:
    return {
        "name": replayed.scenario.name, "same": replayed.same, "steps": len(replayed.scenario.steps),
        "end": replayed.again.end.to_json() if replayed.again is not None else None,
        "differences": [{"step": each.step, "sentence": str(each.sentence)} for each in replayed.differences],
        "walked": _ways(replayed.walked),
    }  # fmt: skip


def _record(options: argparse.Namespace, package: Package, limits: Limits) -> int:
    """Play one matter with default answers and keep it."""
    path_of(options.record)
    player = Player(package, limits, others=tuple(_others(options.path, package)))
    run = Run(package, now=player.now, others=player.others)
    try:
        player.play_run(run)
        _write(options.path, options.record, run.scenario(options.record).to_json())
        player.walked |= run.walked
    finally:
        run.close()
    outcome = Outcome(
        ended=not player.stuck, walked=frozenset(player.walked), stuck=tuple(player.stuck), steps=player.steps,
        outcomes=tuple(player.outcomes), released=tuple(player.released),
    )  # fmt: skip
    return _tell_played(options, "recorded", outcome, package)


def _write(folder: Path, name: str, content: bytes) -> None:
    target = folder / path_of(name)
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(content)


def _tell_played(options: argparse.Namespace, mode: str, outcome: Outcome, package: Package | None) -> int:
    shown = coverage(package, [outcome.walked]) if package is not None else None
    if options.json:
        _print({
            "process": package.manifest["key"] if package is not None else options.path.stem, "mode": mode,
            "ended": outcome.ended, "outcomes": list(outcome.outcomes), "steps": outcome.steps,
            "stuck": [
                {"code": each.code, "process": each.process_id, "element": each.element_id, "reason": str(each.reason)}
                for each in outcome.stuck
            ],
            "released": _ways(outcome.released), "walked": _ways(outcome.walked),
            "coverage": _covered(shown) if shown is not None else None,
        })  # fmt: skip
        return 0 if outcome.ended else 1
    if mode == "drawing":
        print("It lacks something to run, or is only a drawing: it was walked as drawn.")
    ends = f", as {', '.join(outcome.outcomes)}" if outcome.outcomes else ""
    print(
        f"It {'comes to its end' if outcome.ended else 'does not come to its end'} after {outcome.steps} steps{ends}."
    )
    for each in outcome.stuck:
        print(f"  ! {each.process_id} {each.element_id}: {each.reason} [{each.code}]")
    for process, join in outcome.released:
        print(f"  - the join {join} in {process} waited in vain and was let go")
    if shown is not None:
        print("\n".join(_lines(shown)))
    return 0 if outcome.ended else 1


def _covered(shown: Any) -> dict[str, Any]:
    return {"shown": len(shown.shown), "total": shown.total, "flows": _ways(shown.flows), "timers": _ways(shown.timers)}


def _lines(shown: Any) -> Iterable[str]:
    yield f"{len(shown.shown)} of {shown.total} flows and timers shown."
    for what, ways in (("timers", shown.timers), ("flows", shown.flows)):
        if ways:
            yield f"Not shown, {what}: " + ", ".join(f"{process}/{way}" for process, way in ways)


def _ways(ways: Iterable[Way]) -> list[dict[str, str]]:
    return [{"process": process, "id": identifier} for process, identifier in sorted(ways)]


def _print(said: Any) -> None:
    print(json.dumps(said, ensure_ascii=False, indent=1))
