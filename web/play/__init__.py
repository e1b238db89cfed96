"""Pages on which designers play a process, keep scenarios, and hold a package against recorded cases."""

from web.play import judging as _judging  # its pages are in the same blueprint
from web.play.views import blueprint

__all__ = ["blueprint"]

del _judging
