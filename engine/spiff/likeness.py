"""Can a token go on in another version of its element? It can where the two wait for the same kind of thing."""

from typing import Any

from engine.errors import Phrase
from engine.spiff.specs.events import Catching, EventGateway
from engine.spiff.specs.instances import Repeated


def difference(old: Any, new: Any) -> Phrase | None:
    """Say why a token of one specification cannot go on in the other; None when it can."""
    if type(old) is not type(new):
        return Phrase("the one is {old}, the other {new}", old=_kind(old), new=_kind(new))
    if isinstance(old, Repeated):
        if old.how.sequential != new.how.sequential:
            return Phrase("its instances go side by side in one version, and one after the other in the other")
        if bool(old.how.results) != bool(new.how.results):
            return Phrase("its instances leave a list of results in one version only")
    elif isinstance(old, Catching) and not isinstance(old, EventGateway) and type(old.trigger) is not type(new.trigger):
        return Phrase("the two wait for different things")
    return None


def _kind(spec: Any) -> str:
    """The BPMN tag of the author's element, or what the door has made of it."""
    if isinstance(spec, Repeated):
        return "multiInstance"
    kind = spec.about.kind if spec.about is not None else type(spec).__name__
    return str(kind)
