"""Scenarios are played again: whether a package still ends as they say, and what of it they show."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from engine.definitions import Package
from engine.definitions.models import ProcessVersion
from engine.errors import EngineError, Phrase
from engine.sandbox.database import compiled
from engine.sandbox.flows import Way, flows_of, timers_of
from engine.sandbox.playing import refused
from engine.sandbox.recording import End, Scenario, Step
from engine.sandbox.running import Run

#: Nothing waits, in a sentence.
_NOTHING: Final = "-"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Where a scenario no longer goes as it was recorded.

    Args:
        step: number of the step, from 1; 0 for the filing, None for how it ended.
        sentence: what is different.
    """

    step: int | None
    sentence: Phrase


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """What came of a scenario that was played again.

    Args:
        same: it ended as recorded, whatever was different on the way.
        differences: on the way and at the end, in order; of what could not be done, the last one tells.
        again: the scenario as it goes now; None when a step could not be made.
    """

    scenario: Scenario
    same: bool
    differences: tuple[Difference, ...]
    walked: frozenset[Way]
    again: Scenario | None = None

    @property
    def first(self) -> Phrase | None:
        """The sentence that says where it begins to differ; None when it ended as recorded."""
        return None if self.same else self.differences[0].sentence


def replay(package: Package, scenario: Scenario, others: Iterable[ProcessVersion] = ()) -> Replayed:
    """Play a scenario again on a package, in a sandbox of its own.

    Args:
        others: versions of other processes that it may call for.
    """
    differences: list[Difference] = []
    walked: frozenset[Way] = frozenset()
    again = None
    try:
        run = Run(package, now=scenario.begins_at, district=scenario.district, others=tuple(others))
    except EngineError as error:
        begins = Phrase("It cannot be played: {reason}", reason=error.message)
        differences.append(Difference(step=0, sentence=begins))
        return Replayed(scenario=scenario, same=False, differences=tuple(differences), walked=walked)
    try:
        if _play(run, scenario, differences):
            again = replace(run.scenario(scenario.name, scenario.note), district=scenario.district)
            differences += _compare_ends(scenario.end, again.end)
        walked = frozenset(run.walked)
    finally:
        run.close()
    same = again is not None and again.end == scenario.end
    return Replayed(scenario=scenario, same=same, differences=tuple(differences), walked=walked, again=again)


def _play(run: Run, scenario: Scenario, differences: list[Difference]) -> bool:
    """Make every step; return whether all of them could be made."""
    try:
        run.start(scenario.matter)
    except EngineError as error:
        sentence = Phrase("The matter cannot be filed: {reason}", reason=refused(error))
        differences.append(Difference(step=0, sentence=sentence))
        return False
    for number, step in enumerate(scenario.steps, 1):
        try:
            make_step(run, step)
        except EngineError as error:
            sentence = Phrase("Step {number} ({what}) cannot be made: {reason}", number=number, what=_what(step),
                              reason=refused(error))  # fmt: skip
            differences.append(Difference(step=number, sentence=sentence))
            return False
        made = run.steps[-1]
        if made.happened != step.happened:
            sentence = Phrase(
                "After step {number} ({what}) this fell due: {now}. Recorded was: {then}.", number=number,
                what=_what(step), now=_listed(made.happened), then=_listed(step.happened),
            )  # fmt: skip
            differences.append(Difference(step=number, sentence=sentence))
        elif made.then != step.then:
            sentence = Phrase(
                "After step {number} ({what}) this waits: {now}. Recorded was: {then}.", number=number,
                what=_what(step), now=_listed(made.then), then=_listed(step.then),
            )  # fmt: skip
            differences.append(Difference(step=number, sentence=sentence))
    return True


def make_step(run: Run, step: Step) -> None:
    """Do again what a step did.

    Raises:
        EngineError: it cannot be done.
    """
    match step.do:
        case "answer":
            run.answer(run.task(step.element, step.where, step.nth), step.data)
        case "send":
            run.send(run.event(step.element, step.nth), step.data)
        case "release":
            run.release(step.element)
        case "wait" if step.seconds is not None:
            run.wait(timedelta(seconds=step.seconds))
        case _:
            run.wait_next()


def _what(step: Step) -> str:
    if step.do == "wait":
        return "wait" if step.seconds is None else f"wait {timedelta(seconds=step.seconds)}"
    return f"{step.do} {step.element}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or _NOTHING


def _compare_ends(was: End, now: End) -> list[Difference]:
    found = []
    if was.state != now.state:
        found.append(Phrase("It ends as {now}; recorded was {then}.", now=now.state, then=was.state))
    if was.open != now.open:
        found.append(Phrase("At its end this waits: {now}. Recorded was: {then}.", now=_listed(now.open),
                            then=_listed(was.open)))  # fmt: skip
    for name, then, counted in _changed(was.documents, now.documents):
        found.append(Phrase("The document {name} was issued {now} times; recorded was {then}.", name=name, now=counted,
                            then=then))  # fmt: skip
    for name, then, counted in _changed(was.notices, now.notices):
        found.append(Phrase("The notice {name} went out {now} times; recorded was {then}.", name=name, now=counted,
                            then=then))  # fmt: skip
    return [Difference(step=None, sentence=sentence) for sentence in found]


def _changed(was: Mapping[str, int], now: Mapping[str, int]) -> list[tuple[str, int, int]]:
    """What was counted otherwise: its name, and how often then and now."""
    names = sorted({*was, *now})
    return [(name, was.get(name, 0), now.get(name, 0)) for name in names if was.get(name, 0) != now.get(name, 0)]


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """What of a package its scenarios show.

    Args:
        shown: (process, flow) and (process, timer) that at least one of them used.
        flows, timers: not shown by any.
    """

    shown: frozenset[Way]
    flows: tuple[Way, ...]
    timers: tuple[Way, ...]
    total: int


def coverage(package: Package, walked: Iterable[Iterable[Way]]) -> Coverage:
    """Return what of a package was used.

    Args:
        walked: of each scenario.

    Raises:
        Invalid: the package cannot be compiled.
    """
    definitions = compiled(package).definitions
    flows, timers = flows_of(definitions), timers_of(definitions)
    shown = frozenset(way for each in walked for way in each) & (flows | timers)
    return Coverage(
        shown=shown, flows=tuple(sorted(flows - shown)), timers=tuple(sorted(timers - shown)),
        total=len(flows | timers),
    )  # fmt: skip
