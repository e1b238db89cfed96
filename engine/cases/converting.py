"""A matter goes on as a case of another process, or a part of it does: nobody types anything twice."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine import feel
from engine.audit import Actor, Tag, record
from engine.cases.accusing import Sealing, route_of, seal
from engine.cases.filing import start_data
from engine.cases.links import origins
from engine.cases.models import Case, CaseState, LinkKind
from engine.cases.subject import get_case
from engine.cases.successors import is_closed, succeed
from engine.cases.vault import Vault
from engine.definitions import LoadedVersion, active_version_id, load
from engine.errors import Conflict, Invalid, NotFound
from engine.instances.hooks import Performer, Step
from engine.instances.reading import latest_instance
from engine.instances.runtime import Runtime
from engine.organisation.models import OrgUnit
from engine.organisation.service import unit_by_code
from engine.spiff import ServiceCall

#: `zeebe:taskDefinition type` of the service that files a linked case.
CONVERT: Final = "convert"
#: What `convert.link` may say.
_LINKS: Final = frozenset({LinkKind.BECAME, LinkKind.PART})
#: Message to a case that waits for one that came out of it.
LINKED_ENDED: Final = "linked-ended"


def converter(runtime: Runtime, vault: Vault) -> Performer:
    """Return what carries out `convert` tasks.

    Settings: `convert.kind`; `convert.data`, a context that the new process starts with beside `case` and `place`;
    `convert.link` (`became` or `part`); for an accusation `convert.sealed`, `convert.accused` and `convert.route`
    (lists of unit codes; without a route, the units that the new process names itself); `convert.title` and
    `convert.text` where the new case is an excerpt, without the first one's files. The result is `converted_number`;
    of a sealed case nothing is told.
    """

    def convert(step: Step, call: ServiceCall) -> Mapping[str, Any] | None:
        order = _Order(step, call)
        origin = get_case(step.session, step.case_id)
        version = load(step.session, active_version_id(step.session, order.kind))
        made = _file(step, order, origin, version, vault)
        data = start_data(step.session, made, step.session.get_one(OrgUnit, made.place_id)) | order.data
        if order.sealed:
            seal(step.session, _sealing(step, order, version, data), made, origin=origin)
        if not order.sealed and not is_closed(step.session, origin):
            data["origin"] = {"number": origin.number, "kind": origin.kind}
        actor = Actor.engine() if order.sealed else step.actor
        runtime.start(
            step.session, case_id=made.id, jurisdiction=made.jurisdiction, key=made.kind, data=data, actor=actor,
            now=step.now,
        )  # fmt: skip
        made.state = CaseState.RUNNING
        step.session.flush()
        return None if order.sealed else {"converted_number": made.number}

    return convert


class _Order:
    """What a `convert` task asks for.

    Raises:
        Invalid: `conversion-unusable`: no kind is named, or a setting has the wrong type.
    """

    def __init__(self, step: Step, call: ServiceCall) -> None:
        self._step, self._call = step, call
        self.kind = str(self._value("kind") or "")
        link = str(self._value("link") or LinkKind.BECAME)
        data = self._value("data")
        self.sealed = self._value("sealed") is True
        self.title, self.text = self._words("title"), self._words("text")
        self.accused, self.route = self._units("accused"), self._units("route")
        if not self.kind or link not in _LINKS or not isinstance(data, Mapping | None):
            raise self._unusable("kind, link or data")
        self.link, self.data = LinkKind(link), dict(data or {})

    def _value(self, name: str) -> Any:
        source = self._call.settings.get(f"convert.{name}", "").strip()
        if not source.startswith("="):
            return source or None
        step = self._step
        return feel.lower(feel.evaluate(source[1:], self._call.data, now=step.now, functions=step.functions()).value)

    def _words(self, name: str) -> str | None:
        """A text of the new case's own; None where it has the first one's."""
        value = self._value(name)
        if value is None or (isinstance(value, str) and value.strip()):
            return value
        raise self._unusable(name)

    def _units(self, name: str) -> list[OrgUnit]:
        codes = self._value(name)
        if not codes:
            return []
        if not isinstance(codes, Sequence) or isinstance(codes, str) or not all(isinstance(c, str) for c in codes):
            raise self._unusable(name)
        return [unit_by_code(self._step.session, self._step.jurisdiction, code) for code in codes]

    def _unusable(self, setting: str) -> Invalid:
        return Invalid(
            "conversion-unusable",
            "The conversion at {element} cannot be carried out: its setting {setting} is missing or has the wrong "
            "type. Correct the diagram; nothing was filed.",
            element=self._call.element_id,
            setting=setting,
        )


def _file(step: Step, order: _Order, origin: Case, version: LoadedVersion, vault: Vault) -> Case:
    """Add the case: the same matter, place, petitioner and files."""
    words = {name: value for name, value in (("title", order.title), ("text", order.text)) if value is not None}
    made = succeed(
        step.session, origin, version, order.link, vault=vault, now=step.now, sealed=order.sealed,
        files=order.text is None, **words,
    )  # fmt: skip
    _tell_of(step, order, origin, made)
    return made


def _tell_of(step: Step, order: _Order, origin: Case, made: Case) -> None:
    """Write the events of both cases; of a sealed one, none in the first and nobody's name in its own."""
    facts = {"place": "", "channel": made.channel, "category": made.category}
    if not order.sealed:
        if not is_closed(step.session, origin):
            facts["from"] = origin.number
        step.ledger.note(Tag.CASE_CONVERTED, {"number": made.number, "kind": made.kind, "link": order.link.value})
        step.ledger.flush()
    record(
        step.session,
        tag=Tag.CASE_FILED,
        actor=Actor.engine() if order.sealed else step.actor,
        at=step.now,
        jurisdiction=made.jurisdiction,
        case_id=made.id,
        data=facts,
    )


def _sealing(step: Step, order: _Order, version: LoadedVersion, data: Mapping[str, Any]) -> Sealing:
    """Return who handles an accusation: whom the diagram names, else whom the process of accusations names itself."""
    route = tuple(order.route) or route_of(step.session, version, data, jurisdiction=step.jurisdiction, now=step.now)
    return Sealing(route=route, accused=tuple(order.accused))


def tell_origins(step: Step, runtime: Runtime, case: Case) -> None:
    """Tell the cases that `case` came out of that it has ended, if they wait for it. Of a sealed one nobody hears."""
    if case.sealed:
        return
    payload = {"linked_number": case.number, "linked_kind": case.kind, "linked_outcome": case.state}
    for origin in origins(step.session, case.id):
        instance = latest_instance(step.session, origin.id)
        if instance is None or origin.is_over:
            continue
        try:
            runtime.send_message(step.session, instance.id, LINKED_ENDED, payload, actor=Actor.engine(), now=step.now)
        except (Conflict, NotFound):
            continue  # it is stopped: whoever mends it sees the link on its page
