"""A draft held beside a version of its process."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.definitions import Change, Package, ProcessDraft, ProcessVersion, compare
from engine.definitions.models import VersionState
from engine.definitions.service import versions
from engine.definitions.wording import sentences
from engine.errors import Invalid, NotFound
from web import current
from web.languages import choose_locale
from web.words import say


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A draft beside a version.

    Args:
        changes: what is different in the draft.
        problem: why the two cannot be compared, in the reader's language.
    """

    version: ProcessVersion
    changes: Sequence[Change] = ()
    problem: str = ""

    @property
    def sentences(self) -> list[str]:
        """What is different, in the reader's language."""
        return sentences(self.changes, str(choose_locale()))


def compared(draft: ProcessDraft, package: Package, number: int | None = None) -> Compared | None:
    """Hold a draft beside the version of this number, or the active one; None when its process has no version yet.

    Raises:
        NotFound: there is no version of this number.
    """
    known = versions(current.session(), draft.key)
    if not known:
        return None
    if number is None:
        version = next((each for each in known if each.state == VersionState.ACTIVE), known[0])
    else:
        version = _numbered(known, draft.key, number)
    try:
        return Compared(version=version, changes=compare(Package.read_zip(version.package), package))
    except Invalid as error:
        return Compared(version=version, problem=say(error))


def _numbered(known: Sequence[ProcessVersion], key: str, number: int) -> ProcessVersion:
    found = next((each for each in known if each.number == number), None)
    if found is None:
        raise NotFound("version-number-unknown", "{process} has no version {number}.", process=key, number=number)
    return found
