"""What is played: a version or a draft, named in the address."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import url_for
from flask_babel import gettext

from engine.definitions import Package
from engine.definitions.drafts import draft_package, find_draft
from engine.errors import EngineError, NotFound
from engine.sandbox.district import District, copied
from web import current
from web.processes.views import find_version
from web.workshop.views import draft_name


@dataclass(frozen=True, kw_only=True)
class Source:
    """A version (`key` and `number`) or a draft, and what its process is called."""

    key: str
    number: int | None = None
    draft_id: UUID | None = None
    name: str = ""

    @property
    def query(self) -> dict[str, Any]:
        """How addresses name it."""
        return {"draft": self.draft_id} if self.draft_id else {"key": self.key, "number": self.number}

    def to_json(self) -> dict[str, Any]:
        """Return what a row keeps of it."""
        return {
            "key": self.key,
            "number": self.number,
            "name": self.name,
            "draft": str(self.draft_id) if self.draft_id else None,
        }

    @classmethod
    def from_json(cls, kept: Any) -> "Source":
        """Read what `to_json` returned."""
        draft = UUID(kept["draft"]) if kept["draft"] else None
        return cls(key=kept["key"], number=kept["number"], name=kept["name"], draft_id=draft)

    @property
    def title(self) -> str:
        """What the reader calls it."""
        if self.draft_id is not None:
            return str(gettext("%(key)s 的草稿", key=self.name or self.key))
        return str(gettext("%(key)s 第 %(number)s 版", key=self.name or self.key, number=self.number))

    @property
    def page(self) -> str:
        """Where it is shown."""
        if self.draft_id is not None:
            return url_for("workshop.show", draft_id=self.draft_id)
        return url_for("processes.show", key=self.key, number=self.number)

    def package(self) -> Package:
        """Return what is in it."""
        if self.draft_id is not None:
            return draft_package(current.session(), self.draft_id)
        return Package.read_zip(find_version(self.key, self.number or 0).package)


def find_source(given: Any) -> Source:
    """Return what a request names.

    Raises:
        NotFound: there is no such version or draft.
    """
    draft = given.get("draft", "")
    if draft:
        try:
            found = find_draft(current.session(), UUID(draft))
        except ValueError:
            raise NotFound("draft-unknown", "There is no draft {draft}.", draft=draft) from None
        return Source(key=found.key, draft_id=found.id, name=draft_name(found))
    version = find_version(given.get("key", ""), given.get("number", 0, type=int))
    return Source(key=version.key, number=version.number, name=version.name)


def own_district() -> District | None:
    """Return the jurisdiction's units without its people; None when it has no place to play in."""
    try:
        return copied(current.session(), current.settings().jurisdiction)
    except EngineError:
        return None
