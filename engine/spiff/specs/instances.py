"""Activities that run several times: parallel and sequential instances, and loops.

SpiffWorkflow refuses to start when the item's variable already exists (always so in a second round), connects the
instances to what collects them by callbacks that a restored workflow does not have, and merges their data so that
they overwrite each other. Here the wrapper keeps its own count, and an instance reports to it.
"""

from typing import Any

from engine.errors import Phrase
from engine.spiff.data import differences, write
from engine.spiff.specs.element import Element
from engine.spiff.specs.token import READY, STARTED, Token
from engine.spiff.zeebe import Instances

#: More instances than this are a mistake in the collection.
MAX_INSTANCES = 1_000


class Repeated(Element):
    """The wrapper around the instances of one activity.

    Attributes:
        each: name of the specification of one instance.
        how: how often.
    """

    each: str
    how: Instances

    def _update_hook(self, task: Token) -> bool:
        super()._update_hook(task)
        items = self.items(task)
        task.internal_data["count"] = {"total": len(items), "begun": 0, "done": 0}
        if self.how.results:
            task.internal_data["results"] = [None] * len(items)
        if not items:
            self.finish(task)
            return True
        task._set_state(STARTED)
        task.internal_data["items"] = items
        for _ in items[:1] if self.how.sequential else items:
            self.begin(task)
        return False

    def items(self, task: Token) -> list[Any]:
        """The items of the collection, or the numbers 1 to n."""
        engine = task.workflow.script_engine
        if self.how.collection is not None:
            items = engine.evaluate(task, self.how.collection)
            if items is None or not isinstance(items, list):
                engine.fail(task, "not-a-list", Phrase("its collection is no list"), self.how.collection)
        else:
            number = engine.evaluate(task, self.how.cardinality)
            if isinstance(number, bool) or not isinstance(number, int) or number < 0:
                engine.fail(
                    task, "not-a-number", Phrase("its number of instances is no whole number"), self.how.cardinality
                )
            items = list(range(1, min(number, MAX_INSTANCES + 1) + 1))
        if len(items) > MAX_INSTANCES:
            engine.fail(
                task,
                "too-many-instances",
                Phrase("more than {most} instances", most=MAX_INSTANCES),
                self.how.collection,
            )
        return list(items)

    def begin(self, task: Token) -> None:
        """Start the next instance."""
        count = task.internal_data["count"]
        index = count["begun"]
        task.internal_data["count"] = {**count, "begun": index + 1}
        child = self.instance(task, index)
        child.task_spec._update(child)

    def reopen(self, task: Token, index: int) -> Token:
        """Begin as if all instances but one were done, and return that one, which has not begun yet."""
        Element._update_hook(self, task)
        items = self.items(task)
        if index >= len(items):
            task.workflow.script_engine.fail(
                task, "no-such-instance", Phrase("its collection has fewer items than it had"), self.how.collection
            )
        task.internal_data["count"] = {"total": len(items), "begun": len(items), "done": len(items) - 1}
        if self.how.results:
            known = task.data.get(self.how.results)
            kept = list(known) if isinstance(known, list) else []
            task.internal_data["results"] = [*kept, *[None] * len(items)][: len(items)]
        task._set_state(STARTED)
        task.internal_data["items"] = items
        return self.instance(task, index)

    def instance(self, task: Token, index: int) -> Token:
        """Make the token of an instance."""
        child = task._add_child(task.workflow.spec.task_specs[self.each])
        own = {"loopCounter": index + 1}
        if self.how.item:
            own[self.how.item] = task.internal_data["items"][index]
        child.internal_data.update(own=own, index=index)
        return child

    def collect(self, task: Token, child: Token) -> None:
        """Evaluate what an instance contributes to the list of results, with the data it sees."""
        if self.how.results and self.how.result:
            value = child.workflow.script_engine.evaluate(child, self.how.result)
            results = list(task.internal_data["results"])
            results[child.internal_data["index"]] = value
            task.internal_data["results"] = results

    def instance_done(self, task: Token, child: Token) -> None:
        """Take an instance's changes; start the next one, or end."""
        if not self.how.results:  # with a list of results, nothing else leaves
            for change in differences(self.seen_by(task), child.data, child.last_state_change):
                write(task.data, change)
        count = task.internal_data["count"]
        task.internal_data["count"] = count = {**count, "done": count["done"] + 1}
        if count["done"] == count["total"] or self.enough(task, child):
            for other in task.children:
                other.cancel()
            self.finish(task)
            task._set_state(READY)
        elif self.how.sequential:
            self.begin(task)

    def seen_by(self, task: Token) -> dict[str, Any]:
        """The data that an instance found when it began."""
        data: dict[str, Any] = task.data if self.how.sequential else task.parent.data
        return data

    def enough(self, task: Token, child: Token) -> bool:
        """Does the completion condition hold?"""
        if self.how.enough is None:
            return False
        count = task.internal_data["count"]
        numbers = {
            "numberOfInstances": count["total"],
            "numberOfCompletedInstances": count["done"],
            "numberOfActiveInstances": count["begun"] - count["done"],
            "numberOfTerminatedInstances": 0,
        }
        if self.how.results:
            numbers[self.how.results] = task.internal_data["results"]
        engine = task.workflow.script_engine
        return bool(engine.is_true(task, self.how.enough, {**child.data, **numbers}))

    def finish(self, task: Token) -> None:
        """Leave the results in the data."""
        internal = task.internal_data
        if self.how.results:
            task.data = {**task.data, self.how.results: internal["results"]}
        for key in ("items", "results", "count"):
            internal.pop(key, None)

    def _on_complete_hook(self, task: Token) -> None:
        super()._on_complete_hook(task)
        around = task.parent.task_spec
        if getattr(around, "main", None) == self.name:
            around.disarm(task.parent)


class Loop(Repeated):
    """A standard loop: one round after the other while its condition holds."""

    def _update_hook(self, task: Token) -> bool:
        Element._update_hook(self, task)
        task.internal_data["count"] = {"total": 0, "begun": 0, "done": 0}
        task.internal_data["items"] = []
        if self.how.test_first and not self.again(task):
            self.finish(task)
            return True
        task._set_state(STARTED)
        self.begin(task)
        return False

    def reopen(self, task: Token, index: int) -> Token:
        """Begin again in a round, which has not begun yet."""
        Element._update_hook(self, task)
        task.internal_data["count"] = {"total": 0, "begun": index + 1, "done": index}
        task.internal_data["items"] = []
        task._set_state(STARTED)
        return self.instance(task, index)

    def again(self, task: Token) -> bool:
        """Is there another round?"""
        done = task.internal_data["count"]["done"]
        if done >= (self.how.maximum or MAX_INSTANCES):
            return False
        if self.how.repeat is None:
            return True
        return bool(task.workflow.script_engine.is_true(task, self.how.repeat))

    def instance_done(self, task: Token, child: Token) -> None:
        task.data = dict(child.data)
        count = task.internal_data["count"]
        task.internal_data["count"] = {**count, "done": count["done"] + 1}
        if self.again(task):
            self.begin(task)
        else:
            self.finish(task)
            task._set_state(READY)


def index_of(task: Token) -> int | None:
    """The position of an instance in its collection, from 0; None when `task` is not one of several."""
    index = task.internal_data.get("index")
    return index if isinstance(index, int) else None
