"""How far a matter is, in the resident's words, drawn from the diagram: its milestones and what happens now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.cases.models import UNDER_WAY
from engine.definitions import LoadedVersion
from engine.spiff import ElementOutline, TokenView


class StepState(StrEnum):
    """Where a milestone stands."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"


@dataclass(frozen=True, kw_only=True)
class ProgressStep:
    """A milestone: its name in the reader's language and where it stands."""

    key: str
    label: str
    state: StepState


@dataclass(frozen=True, kw_only=True)
class Progress:
    """The milestones in order, what happens now, and, once it is over, how it ended and what can be done next."""

    steps: list[ProgressStep]
    now: list[str]
    outcome: str | None
    next: str | None


def progress(version: LoadedVersion, tokens: Iterable[TokenView], state: str, locale: str) -> Progress:
    """Return how far a matter is.

    The milestones are the elements that carry `chuishao:milestone`, in the order in which the package's `texts.json`
    names them; several elements may share one. What happens now are the `chuishao:state` texts of the elements that
    hold a token.
    """
    texts = version.texts
    elements = [e for t in tokens if (e := version.element(t.process_id, t.element_id)) is not None]
    order = list(texts.get("milestones", {}))
    outcomes: Mapping[str, Any] = texts.get("outcomes", {})
    over = state not in UNDER_WAY
    whole = bool(outcomes.get(state, {}).get("whole"))
    reached = max((order.index(key) for key in _marks(elements, "milestone") if key in order), default=0)
    steps = [
        ProgressStep(key=key, label=_text(texts["milestones"], key, locale), state=_state(place, reached, over, whole))
        for place, key in enumerate(order)
    ]
    known = texts.get("states", {})
    current = list(dict.fromkeys(key for key in known for mark in _marks(elements, "state") if mark == key))
    return Progress(
        steps=steps,
        now=[] if over else _once([_text(known, key, locale) for key in current[-2:]]),
        outcome=_text(outcomes, state, locale) if over and state in outcomes else None,
        next=_in(outcomes[state].get("next", {}), locale) if over and state in outcomes else None,
    )


def _once(sentences: list[str]) -> list[str]:
    """Leave out what another sentence says already: a page and the task on it may both have one."""
    told = list(dict.fromkeys(sentences))
    return [each for each in told if not any(each != other and each in other for other in told)]


def _marks(elements: Iterable[ElementOutline], setting: str) -> list[str]:
    return [mark for element in elements if (mark := element.settings.get(setting))]


def _state(place: int, reached: int, over: bool, whole: bool) -> StepState:
    """A matter that was diverted, merged or withdrawn did not pass the milestones that are missing; `whole` in the
    words of an outcome says that everything was passed."""
    if over:
        return StepState.DONE if whole or place == 0 else StepState.AHEAD
    if place < reached:
        return StepState.DONE
    return StepState.NOW if place == reached else StepState.AHEAD


def _text(texts: Mapping[str, Any], key: str, locale: str) -> str:
    return _in(texts.get(key, {}), locale) or key


def _in(texts: Mapping[str, Any], locale: str) -> str:
    """Return the text of `locale`, else the Chinese one."""
    return str(texts.get(locale) or texts.get("zh_CN") or "")
