"""What happened: append-only, numbered per case, sealed in a hash chain; the timeline is read from it."""

from engine.audit.actors import Actor
from engine.audit.models import ActorKind, AuditEvent
from engine.audit.service import record, timeline
from engine.audit.tags import Tag

__all__ = ["Actor", "ActorKind", "AuditEvent", "Tag", "record", "timeline"]
