"""What is different between two packages, in sentences: `核实时限 3→2 个工作日；新增抄送`.

Everything here is said in the reader's language, which is no translation of an English sentence: the order of words
and what is left out differ.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from engine.definitions.comparing import Change, ChangeKind
from engine.definitions.wording_labels import PARTS, SETTINGS, SORTS, UNITS

#: As much of a long value as a sentence shows.
_SHOWN: Final = 60
#: locale → kind of sentence → pattern
_PATTERNS: Final[Mapping[str, Mapping[str, str]]] = {
    "zh_CN": {
        "added": "新增{what}", "removed": "删除{what}", "moved": "{what}在图上移动", "changed": "{what}有改动",
        "several moved": "图上移动了 {count} 个元素", "set": "{what}{label}{was}→{now}",
        "given": "{what}{label}设为{now}",
        "taken": "{what}{label}取消（原为{was}）", "renamed": "“{was}”更名为“{now}”", "part": "{part}“{name}”",
        "flow": "“{source}”到“{target}”的流向", "condition": "“{source}”到“{target}”的", "field": "字段“{name}”",
        "rule": "第 {number} 条规则", "line": "第 {number} 行", "inside": "{what}：{said}", "join": "；", "list": "，",
        "nothing": "没有不同", "empty": "空", "true": "是", "false": "否",
    },
    "en": {
        "added": "{what} added", "removed": "{what} removed", "moved": "{what} moved in the drawing",
        "changed": "{what} changed", "several moved": "{count} elements moved in the drawing",
        "set": "{what}{label} {was} → {now}", "given": "{what}{label} set to {now}",
        "taken": "{what}{label} taken away (was {was})", "renamed": "“{was}” renamed to “{now}”",
        "part": "{part} “{name}”", "flow": "way from “{source}” to “{target}”",
        "condition": "way from “{source}” to “{target}”: ", "field": "field “{name}”", "rule": "rule {number}",
        "line": "line {number}", "inside": "{what}: {said}", "join": "; ", "list": ", ", "nothing": "No difference",
        "empty": "empty", "true": "yes", "false": "no",
    },
}  # fmt: skip


def summarise(changes: Iterable[Change], locale: str) -> str:
    """Say all changes in one line; `没有不同` when there is none.

    Args:
        changes: of `compare`.
        locale: `zh_CN` or `en`.
    """
    return _PATTERNS[locale]["join"].join(sentences(changes, locale)) or _PATTERNS[locale]["nothing"]


def sentences(changes: Iterable[Change], locale: str) -> list[str]:
    """Say each change in a sentence of its own without a full stop; what only moved is counted in one."""
    words = _Words(locale)
    changes = list(changes)
    moved = [change for change in changes if change.kind is ChangeKind.MOVED]
    said = [words.change(change) for change in changes if change.kind is not ChangeKind.MOVED]
    if len(moved) > 2:
        said.append(words.say("several moved", count=len(moved)))
    else:
        said += [words.say("moved", what=words.which(change)) for change in moved]
    return said


class _Words:
    """The words of one language."""

    def __init__(self, locale: str) -> None:
        self.patterns = _PATTERNS[locale]
        self.settings, self.sorts, self.parts = SETTINGS[locale], SORTS[locale], PARTS[locale]
        self.units = UNITS[locale]
        self.chinese = locale == "zh_CN"

    def say(self, kind: str, **words: Any) -> str:
        return self.patterns[kind].format(**words)

    def change(self, change: Change) -> str:
        """One change with all of its details."""
        if change.kind is not ChangeKind.CHANGED:
            return self.say(change.kind.value, what=self.which(change))
        inside = list(self.details(change))
        if not inside:
            return self.say("changed", what=self.which(change))
        if change.what in ("element", "flow", "lane", "process"):
            return self.patterns["list"].join(inside)
        return self.say("inside", what=self.which(change), said=self.patterns["list"].join(inside))

    def which(self, change: Change) -> str:
        """The part that a change is about."""
        name = change.name.replace("\n", "").strip()
        if change.what == "flow" and change.ends:
            source, target = (_plain(end) for end in change.ends)
            return self.say("flow", source=source, target=target)
        if change.what == "element":
            sort = self.sorts.get(change.sort, self.parts["element"])
            if change.kind is ChangeKind.ADDED and self.chinese and name:
                return name if change.sort == "sendTask" else self.say("part", part=sort, name=name)
            return self.say("part", part=sort, name=name or change.id)
        return self.say("part", part=self.parts[change.what], name=name or change.id)

    def details(self, change: Change) -> Iterator[str]:
        """What changed, setting by setting."""
        before = {name: was for name, was, _ in change.details}
        after = {name: now for name, _, now in change.details}
        for name, was, now in change.details:
            if change.what == "form":
                yield from self.component(name, was, now)
            elif name.startswith(("rule ", "table ")) and change.what == "decision":
                yield from self.row(name, was, now)
            elif name.startswith("line "):
                yield self.value("", self.say("line", number=name[5:]), was, now)
            elif name == "name":
                yield self.say("renamed", was=_plain(was), now=_plain(now))
            elif name == "clock.unit" and "clock.amount" in after:
                continue  # told with the amount
            else:
                unit = (before.get("clock.unit"), after.get("clock.unit"))
                yield self.setting(change, name, was, now, unit if name == "clock.amount" else (None, None))

    def setting(self, change: Change, name: str, was: Any, now: Any, units: tuple[Any, Any]) -> str:
        """One setting of an element; of a time limit with its unit."""
        label = self.settings.get(name, name)
        if name in ("clock.amount", "extend.amount"):
            unit = change.unit
            was = self.amount(was, units[0] or unit) if units[0] else was
            now = self.amount(now, units[1] or unit)
        what = self.subject(change)
        return self.value(what, label, was, now)

    def subject(self, change: Change) -> str:
        """How a sentence about a setting begins."""
        if change.what == "flow" and change.ends:
            return self.say("condition", source=_plain(change.ends[0]), target=_plain(change.ends[1]))
        name = _plain(change.name) or change.id
        if change.what == "element":
            return name if self.chinese else f"{name}: "
        return self.which(change) + ("" if self.chinese else ": ")

    def amount(self, value: Any, unit: Any) -> Any:
        """A number with its unit, in the right number."""
        one, several = self.units.get(str(unit), ("", ""))
        word = one if str(value) == "1" else several
        return f"{value} {word}" if value is not None and word else value

    def value(self, what: str, label: str, was: Any, now: Any) -> str:
        """From one value to another; set, or taken away."""
        if was in (None, ""):
            return self.say("given", what=what, label=label, now=self.shown(now))
        if now in (None, ""):
            return self.say("taken", what=what, label=label, was=self.shown(was))
        gap = " " if self.chinese else ""
        return self.say("set", what=what, label=label + gap, was=self.shown(was), now=self.shown(now))

    def shown(self, value: Any) -> str:
        """A value as people read it, cut when it is long."""
        if value is True or value is False:
            return self.patterns["true" if value else "false"]
        text = _plain(value) if isinstance(value, str) else str(value)
        text = text or self.patterns["empty"]
        return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"

    def component(self, identifier: str, was: Any, now: Any) -> Iterator[str]:
        """A component of a form that came, went or changed."""
        named = now or was
        name = self.say("field", name=_plain(str(named.get("label") or named.get("key") or identifier)))
        if was is None or now is None:
            yield self.say("added" if was is None else "removed", what=name)
            return
        for key in {**was, **now}:
            if was.get(key) == now.get(key) or key == "layout":
                continue
            if isinstance(was.get(key) or now.get(key), dict | list):
                inner = self.settings.get(key, key)
                yield self.say("changed", what=f"{name}{inner}" if self.chinese else f"{name}: {inner}")
            else:
                what = name if self.chinese else f"{name}: "
                yield self.value(what, self.settings.get(key, key), was.get(key), now.get(key))

    def row(self, name: str, was: Any, now: Any) -> Iterator[str]:
        """A rule of a decision that came, went or changed."""
        if name.startswith("table "):
            yield self.say("added" if was is None else "removed", what=name[6:])
            return
        rule = self.say("rule", number=(now or was)["#"])
        if was is None or now is None:
            yield self.say("added" if was is None else "removed", what=rule)
            return
        for column in {**was, **now}:
            if column != "#" and was.get(column) != now.get(column):
                what = f"{rule}的" if self.chinese else f"{rule}, "
                yield self.value(what, column, was.get(column) or "-", now.get(column) or "-")


def _plain(value: Any) -> str:
    """A text in one line."""
    return " ".join(str(value or "").split()) if " " in str(value or "") else str(value or "").replace("\n", "")
