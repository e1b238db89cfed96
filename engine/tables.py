"""Every model in one place, for migrations and for tests that make an empty database."""

from engine.audit import models as audit
from engine.cases import models as cases
from engine.db import Base
from engine.deadlines import models as deadlines
from engine.definitions import models as definitions
from engine.instances import models as instances
from engine.notices import models as notices
from engine.organisation import models as organisation
from engine.tasks import models as tasks

metadata = Base.metadata

__all__ = ["audit", "cases", "deadlines", "definitions", "instances", "metadata", "notices", "organisation", "tasks"]
