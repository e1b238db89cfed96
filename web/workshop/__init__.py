"""Pages on which designers draw, check and deploy drafts of processes."""

from web.workshop import comparing as _comparing  # their pages are in the same blueprint
from web.workshop import deciding as _deciding
from web.workshop import editing as _editing
from web.workshop import outline as _outline
from web.workshop import previewing as _previewing
from web.workshop.views import blueprint

__all__ = ["blueprint"]

del _comparing, _deciding, _editing, _outline, _previewing
