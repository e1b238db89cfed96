"""A run: what was done in a sandbox, step by step, and what waited after each; kept as a scenario and played again.

A scenario is a JSON file that lies beside a package, `scenarios/<name>.json`. It holds the answers, the moves of the
clock, the events, and how it ended; the district that it ran in, and nothing of a person.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson

from engine.definitions import Package
from engine.errors import Invalid
from engine.sandbox.box import Matter
from engine.sandbox.district import District
from engine.sandbox.flows import Way
from engine.sandbox.looking import State

FORMAT: Final = 1
FOLDER: Final = "scenarios"
#: Names of scenarios are names of files.
_NAME: Final = re.compile(r"[^/\\:*?\"<>|\x00-\x1f.][^/\\:*?\"<>|\x00-\x1f]{0,79}")
#: More steps than any scenario has, and a larger file.
MAX_STEPS, MAX_BYTES = 1_000, 2_000_000


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something that was done.

    Args:
        do: `answer` a task, `wait` for the next thing due or for a time, `send` an event, `release` a join.
        process, element: of the task, event or join.
        where: of a task, its unit, party or role.
        nth: of a task or event, which of those that are called alike; the first is 0.
        data: what was entered.
        seconds: how long was waited; None: until the next thing fell due.
        happened: what fell due on the way.
        then: what waited after it.
    """

    do: str
    process: str = ""
    element: str = ""
    where: str = ""
    nth: int = 0
    data: Mapping[str, Any] = field(default_factory=dict)
    seconds: float | None = None
    happened: tuple[str, ...] = ()
    then: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it without what it does not say."""
        said: dict[str, Any] = {"do": self.do}
        for name in ("process", "element", "where", "nth"):
            if getattr(self, name):
                said[name] = getattr(self, name)
        if self.data:
            said["data"] = dict(self.data)
        if self.do == "wait":
            said |= {"until": "next"} if self.seconds is None else {"seconds": self.seconds}
            said["happened"] = list(self.happened)
        return said | {"then": list(self.then)}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Step":
        """Read what `to_json` returned."""
        return cls(
            do=str(said["do"]), process=str(said.get("process", "")), element=str(said.get("element", "")),
            where=str(said.get("where", "")), nth=int(said.get("nth", 0)),
            data=dict(said.get("data", {})), seconds=said.get("seconds"),
            happened=tuple(said.get("happened", ())), then=tuple(said.get("then", ())),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class End:
    """How a run ended.

    Args:
        state: the outcome of the matter, `running` when it had none.
        open: what still waited.
        documents: how many were issued, by template.
        notices: how many would have gone out, by template.
    """

    state: str
    open: tuple[str, ...]
    documents: Mapping[str, int]
    notices: Mapping[str, int]

    @classmethod
    def of(cls, state: State) -> "End":
        """Return how a sandbox has ended."""
        return cls(
            state=state.ended or "running",
            open=tuple(state.said) if state.ended is None else (),
            documents=dict(sorted(Counter(each.kind for each in state.documents).items())),
            notices=dict(sorted(Counter(each.template for each in state.notices).items())),
        )

    def to_json(self) -> dict[str, Any]:
        return {"state": self.state, "open": list(self.open), "documents": dict(self.documents),
                "notices": dict(self.notices)}  # fmt: skip

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "End":
        return cls(state=str(said["state"]), open=tuple(said["open"]), documents=dict(said["documents"]),
                   notices=dict(said["notices"]))  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A recorded run.

    Args:
        begins_at: what the clock says when the matter is filed.
        district: None for the invented one, which follows from the package.
        walked: (process, flow) and (process, timer) that it showed when it was recorded.
    """

    name: str
    key: str
    begins_at: datetime
    matter: Matter
    steps: tuple[Step, ...]
    end: End
    walked: tuple[Way, ...] = ()
    district: District | None = None
    note: str = ""

    def to_json(self) -> bytes:
        """Return the file; equal runs are equal bytes."""
        said = {
            "format": FORMAT, "process": self.key, "note": self.note, "begins_at": self.begins_at.isoformat(),
            "district": self.district.to_json() if self.district is not None else None,
            "matter": self.matter.to_json(), "steps": [step.to_json() for step in self.steps],
            "end": self.end.to_json(), "walked": [list(way) for way in sorted(self.walked)],
        }  # fmt: skip
        return orjson.dumps(said, option=orjson.OPT_INDENT_2, default=str) + b"\n"

    @classmethod
    def from_json(cls, name: str, content: bytes) -> "Scenario":
        """Read what `to_json` returned.

        Raises:
            Invalid: `scenario-unreadable`: it is no scenario, or one of a later format.
        """
        try:
            if len(content) > MAX_BYTES:
                raise ValueError(f"it has more than {MAX_BYTES} bytes")
            said = orjson.loads(content)
            if said["format"] != FORMAT:
                raise ValueError(f"its format {said['format']} is not known")
            matter, district = said["matter"], said.get("district")
            begins_at = datetime.fromisoformat(said["begins_at"])
            if begins_at.tzinfo is None:
                raise ValueError("begins_at has no time zone")
            return cls(
                name=name, key=str(said["process"]), note=str(said.get("note", "")), begins_at=begins_at,
                matter=Matter(
                    category=str(matter["category"]), start=dict(matter["start"]),
                    parties=tuple(map(str, matter["parties"])), title=str(matter["title"]),
                    channel=str(matter.get("channel", "portal")),
                ),
                steps=tuple(Step.from_json(step) for step in said["steps"][: MAX_STEPS + 1]),
                end=End.from_json(said["end"]),
                walked=tuple((str(way[0]), str(way[1])) for way in said.get("walked", ())),
                district=District.from_json(district) if district else None,
            )  # fmt: skip
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise Invalid(
                "scenario-unreadable", "The scenario {name} cannot be read: {reason}. Record it again.",
                name=name, reason=f"{type(error).__name__}: {error}",
            ) from error  # fmt: skip


def path_of(name: str) -> str:
    """Return where a scenario of this name lies in a package.

    Raises:
        Invalid: it is no name of a file.
    """
    if not _NAME.fullmatch(name):
        raise Invalid("scenario-name", "“{name}” cannot be the name of a file. Use letters, digits, spaces.",
                      name=name, fields={"name": ["?"]})  # fmt: skip
    return f"{FOLDER}/{name}.json"


def scenarios_of(package: Package) -> list[Scenario]:
    """Return the scenarios that lie in a package, by name.

    Raises:
        Invalid: one of them cannot be read.
    """
    return [Scenario.from_json(name, content) for name, content in package.below(FOLDER, ".json").items()]
