"""Pages about deployed processes: their versions, what changed, and running cases that go on under another one."""

from web.processes import moving as _moving  # its pages are in the same blueprint
from web.processes.views import blueprint

__all__ = ["blueprint"]

del _moving
