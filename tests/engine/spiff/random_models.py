"""Random processes, and a token game written from the standard that says which tasks must be open.

The game knows nothing of the engine: it moves tokens along flows by BPMN 2.0.2, chapter 13.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.engine.spiff.drawing import node, refers, script

SHAPES = ("task", "sequence", "sequence", "and", "and", "or", "or", "xor", "loop", "loop", "sub", "implicit")
#: A condition of the game: always, never, or a counter below a number.
Guard = bool | tuple[str, int] | None


@dataclass(frozen=True)
class Way:
    """A flow of the game."""

    id: str
    source: str
    target: str
    guard: Guard = None
    default: bool = False


@dataclass
class Model:
    """A random process as XML and, beside it, the same graph for the game."""

    rng: random.Random
    #: What it may be made of, and whether its tasks have events on their border.
    shapes: tuple[str, ...] = SHAPES
    events: bool = True
    kinds: dict[str, Any] = field(default_factory=dict)
    ways: list[Way] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    #: sub-process → where its tokens come out; task → the events on its border
    exits: dict[str, str] = field(default_factory=dict)
    reminders: dict[str, str] = field(default_factory=dict)
    escapes: dict[str, str] = field(default_factory=dict)
    drawn: list[str] = field(default_factory=lambda: [""])
    number: int = 0

    def __post_init__(self) -> None:
        self.add("startEvent", "s")
        last = self.block("s", 3)
        self.add("endEvent", "e")
        self.connect(last, "e")

    @property
    def body(self) -> str:
        return self.drawn[0]

    def name(self, letter: str) -> str:
        self.number += 1
        return f"{letter}{self.number}"

    def add(self, tag: str, id: str, body: str = "", **attributes: str) -> str:
        self.kinds[id] = tag
        self.drawn[-1] += node(tag, id, body, **attributes)
        return id

    def connect(self, source: str, target: str, guard: Guard = None, *, default: bool = False) -> None:
        id = self.name("f")
        self.ways.append(Way(id, self.exits.get(source, source), target, guard, default))
        text = (
            "" if guard is None else f"{guard[0]} &lt; {guard[1]}" if isinstance(guard, tuple) else str(guard).lower()
        )
        said = f"<bpmn:conditionExpression>={text}</bpmn:conditionExpression>" if text else ""
        ends = f'sourceRef="{source}" targetRef="{target}"'
        self.drawn[-1] += f'<bpmn:sequenceFlow id="{id}" {ends}>{said}</bpmn:sequenceFlow>'
        if default:
            self.drawn[-1] = self.drawn[-1].replace(f'id="{source}" name', f'default="{id}" id="{source}" name')

    def task(self, before: str, guard: Guard = None, *, default: bool = False) -> str:
        id = self.add("userTask", self.name("t"))
        self.connect(before, id, guard, default=default)
        if self.events and self.rng.random() < 0.2:
            self.remind(id)
        return id

    def remind(self, task: str) -> None:
        """A message that does not interrupt starts a task beside, which ends by itself."""
        event, beside, end = self.name("b"), self.name("r"), self.name("z")
        self.reminders[task] = beside
        attributes = {"attachedToRef": task, "cancelActivity": "false"}
        self.drawn[-1] += node("boundaryEvent", event, refers("message", "mg"), **attributes)
        self.add("userTask", beside)
        self.add("endEvent", end)
        drawn = self.name("f")
        self.drawn[-1] += f'<bpmn:sequenceFlow id="{drawn}" sourceRef="{event}" targetRef="{beside}"/>'
        self.connect(beside, end)

    def escape(self, task: str) -> str:
        """Another message interrupts the task and goes on behind it."""
        event, merge = self.name("b"), self.name("m")
        self.escapes[task] = event
        self.kinds[event] = "pass"
        self.drawn[-1] += node("boundaryEvent", event, refers("message", "mh"), attachedToRef=task)
        self.add("exclusiveGateway", merge)
        self.connect(task, merge)
        self.connect(event, merge)
        return merge

    def block(self, before: str, depth: int, guard: Guard = None) -> str:
        """A random piece of process after `before`; return where it comes out."""
        shape = self.rng.choice(self.shapes) if depth else "task"
        if shape == "task":
            task = self.task(before, guard)
            return self.escape(task) if self.events and self.rng.random() < 0.2 else task
        if shape == "sequence":
            return self.block(self.block(before, depth - 1, guard), depth - 1)
        if shape == "sub":
            return self.sub(before, depth, guard)
        if shape == "loop":
            return self.loop(before, depth, guard)
        return self.split(before, depth, guard, shape)

    def sub(self, before: str, depth: int, guard: Guard) -> str:
        id = self.name("sp")
        self.drawn.append("")
        self.add("startEvent", f"{id}s")
        last = self.block(f"{id}s", depth - 1)
        self.add("endEvent", f"{id}e")
        self.connect(last, f"{id}e")
        inside = self.drawn.pop()
        self.drawn[-1] += node("subProcess", id, inside)
        self.kinds.update({id: "in", f"{id}s": "pass", f"{id}e": "inner end", f"{id}x": "pass"})
        self.connect(before, id, guard)
        self.ways.append(Way("", id, f"{id}s"))
        self.exits[id] = f"{id}x"
        return id

    def loop(self, before: str, depth: int, guard: Guard) -> str:
        counter, merge, fork, up, zero = (self.name(letter) for letter in "vmxiz")
        self.counters[counter] = 0
        self.set(zero, counter, up=False)
        self.connect(before, zero, guard)
        self.add("exclusiveGateway", merge)
        self.connect(zero, merge)
        last = self.block(merge, depth - 1)
        self.set(up, counter, up=True)
        self.connect(last, up)
        self.add("exclusiveGateway", fork)
        self.connect(up, fork)
        self.connect(fork, merge, (counter, self.rng.randint(2, 3)))
        return self.task(fork, default=True)

    def set(self, id: str, counter: str, *, up: bool) -> None:
        self.drawn[-1] += script(id, counter, f"{counter} + 1" if up else "0")
        self.kinds[id] = ("set", counter, up)

    def split(self, before: str, depth: int, guard: Guard, shape: str) -> str:
        tags = {"and": "parallelGateway", "or": "inclusiveGateway", "xor": "exclusiveGateway"}
        width = self.rng.randint(2, 3)
        if shape == "implicit":
            split, join = self.task(before, guard), "parallelGateway"
            guards: list[Guard] = [None] * width
            if self.rng.random() < 0.5:
                guards, join = self.choices(width), "inclusiveGateway"
                self.kinds[split] = "choosing task"
        else:
            split, join = self.add(tags[shape], self.name("g")), tags[shape]
            self.connect(before, split, guard)
            guards = [None] * width if shape == "and" else self.choices(width)
        ends = [self.block(split, depth - 1, each) for each in guards]
        joined = self.add(join, self.name("j"))
        for end in ends:
            self.connect(end, joined)
        return joined if self.rng.random() < 0.3 else self.task(joined)

    def choices(self, width: int) -> list[Guard]:
        chosen: list[Guard] = [self.rng.random() < 0.6 for _ in range(width)]
        chosen[self.rng.randrange(width)] = True
        return chosen


class Game:
    """Tokens on the flows of a model."""

    def __init__(self, model: Model) -> None:
        self.kinds, self.counters = model.kinds, dict(model.counters)
        self.reminders, self.escapes = model.reminders, model.escapes
        self.open, self.tokens = Counter[str](), Counter[str]()
        #: Tokens inside each sub-process; its end waits until there are none.
        self.ways = [Way(str(number), w.source, w.target, w.guard, w.default) for number, w in enumerate(model.ways)]
        self.out: dict[str, list[Way]] = {}
        self.into: dict[str, list[Way]] = {}
        for way in self.ways:
            self.out.setdefault(way.source, []).append(way)
            self.into.setdefault(way.target, []).append(way)
        self.inside = {exit: self.below(sub) for sub, exit in model.exits.items()}
        self.ended = Counter[str]()
        self.leave("s")
        self.settle()

    def below(self, sub: str) -> set[str]:
        """All nodes of a sub-process: what its start reaches before its exit, reminders included."""
        seen: set[str] = set()
        stack = [f"{sub}s"]
        while stack:
            here = stack.pop()
            if here in seen:
                continue
            seen.add(here)
            stack += [way.target for way in self.out.get(here, [])]
            stack += [events[here] for events in (self.reminders, self.escapes) if here in events]
            if self.kinds[here] == "in":
                stack.append(f"{here}x")
        return seen

    def holds(self, guard: Guard) -> bool:
        return self.counters[guard[0]] < guard[1] if isinstance(guard, tuple) else guard is not False

    def leave(self, node: str) -> None:
        kind, out = self.kinds[node], self.out.get(node, [])
        if kind == "exclusiveGateway":
            taken = next((way for way in out if way.guard is not None and self.holds(way.guard)), None)
            out = [taken or next(way for way in out if way.default or way.guard is None)]
        elif kind in ("inclusiveGateway", "choosing task"):
            out = [way for way in out if self.holds(way.guard)]
        for way in out:
            self.tokens[way.id] += 1

    def settle(self) -> None:
        while self.move() or self.end_sub() or self.move_inclusive():
            pass

    def move(self) -> bool:
        for way in self.ways:
            node, kind = way.target, self.kinds[way.target]
            if not self.tokens[way.id] or kind == "inclusiveGateway":
                continue
            if kind == "parallelGateway":
                if any(not self.tokens[other.id] for other in self.into[node]):
                    continue
                for other in self.into[node]:
                    self.tokens[other.id] -= 1
                self.leave(node)
                return True
            self.tokens[way.id] -= 1
            if kind in ("userTask", "choosing task"):
                self.open[node] += 1
            elif kind == "inner end":
                self.ended[node[:-1] + "x"] += 1
            elif isinstance(kind, tuple):
                self.counters[kind[1]] = self.counters[kind[1]] + 1 if kind[2] else 0
                self.leave(node)
            else:
                self.leave(node)
            return True
        return False

    def end_sub(self) -> bool:
        """A sub-process ends when an end was reached and no token is left inside."""
        for exit, inside in self.inside.items():
            busy = any(self.open[node] for node in inside) or any(
                self.tokens[way.id] for way in self.ways if way.source in inside and way.target in inside
            )
            inner = any(self.ended[other] for other in self.inside if other != exit and other in inside)
            if self.ended[exit] and not busy and not inner:
                self.ended[exit] = 0
                self.leave(exit)
                return True
        return False

    def move_inclusive(self) -> bool:
        for join, kind in self.kinds.items():
            if kind != "inclusiveGateway":
                continue
            full = {way.id for way in self.into[join] if self.tokens[way.id]}
            empty = {way.id for way in self.into[join]} - full
            if full and not any(self.waits_for(place, join, full, empty) for place in self.places(join)):
                for way in full:
                    self.tokens[way] -= 1
                self.leave(join)
                return True
        return False

    def places(self, node: str) -> list[Way]:
        """Where tokens are that might still come to a join."""
        on_ways = [way for way in self.ways if self.tokens[way.id] and way.target != node]
        # An armed event is a place too: its branch may begin at any time. That of a reminder never leads to a join.
        at_tasks = [way for task, count in self.open.items() if count for way in self.beyond(task)]
        at_ends = [way for exit, count in self.ended.items() if count for way in self.out.get(exit, [])]
        return on_ways + at_tasks + at_ends

    def beyond(self, node: str) -> list[Way]:
        """Where a token at a node can go on: by its flows, and by the event that interrupts it."""
        return self.out.get(node, []) + self.out.get(self.escapes.get(node, ""), [])

    def waits_for(self, place: Way, node: str, full: set[str], empty: set[str]) -> bool:
        reach = self.reach(place, node)
        return bool(reach & empty) and not reach & full

    def reach(self, place: Way, node: str) -> set[str]:
        seen: set[str] = set()
        stack = [place]
        while stack:
            way = stack.pop()
            if way.id in seen:
                continue
            seen.add(way.id)
            if way.target != node:
                stack += self.beyond(way.target)
                if self.kinds[way.target] == "inner end":
                    stack += self.out.get(way.target[:-1] + "x", [])
        return seen & {way.id for way in self.into[node]}

    def names(self) -> list[str]:
        return sorted(self.open.elements())

    def do(self, task: str) -> None:
        self.open[task] -= 1
        self.leave(task)
        self.settle()

    def remind(self) -> None:
        """The message comes: every open task with a reminder starts one."""
        for task, beside in self.reminders.items():
            self.open[beside] += self.open[task]
        self.settle()

    def interrupt(self) -> None:
        """The other message comes: every open task that it interrupts goes on behind itself."""
        for task, event in self.escapes.items():
            for _ in range(self.open.pop(task, 0)):
                self.leave(event)
        self.settle()
