"""Pages that take in a diagram of another modeller, or a package as a zip, as a draft."""

from web.importing.views import blueprint

__all__ = ["blueprint"]
