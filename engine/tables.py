"""Every model in one place, for migrations and for tests that make an empty database."""

from engine import heartbeats, retention
from engine.audit import models as audit
from engine.cases import models as cases
from engine.cases import party as parties
from engine.cases import service_record as services
from engine.db import Base
from engine.deadlines import models as deadlines
from engine.definitions import models as definitions
from engine.funds import models as funds
from engine.instances import models as instances
from engine.notices import models as notices
from engine.organisation import models as organisation
from engine.proposals import models as proposals
from engine.sandbox import models as sandbox
from engine.tasks import models as tasks

metadata = Base.metadata


def is_ours(name: str) -> bool:
    """Whether a table or an index is a model's; a full-text index is made beside them, for each database its own,
    and the queue's tables are its library's."""
    if name.startswith("procrastinate_"):
        return False
    return name != cases.WORDS_INDEX and not name.startswith(cases.FTS_TABLE)


__all__ = [
    "audit",
    "cases",
    "deadlines",
    "definitions",
    "funds",
    "heartbeats",
    "instances",
    "is_ours",
    "metadata",
    "notices",
    "organisation",
    "parties",
    "proposals",
    "retention",
    "sandbox",
    "services",
    "tasks",
]
