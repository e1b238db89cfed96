"""What a request says in text, as what it means."""

from collections.abc import Iterable
from uuid import UUID

from engine.errors import Invalid
from web.sealing import followable


def ids(texts: Iterable[str]) -> list[UUID]:
    """Return the ids of `texts`, as the signed-in reader may follow them.

    Raises:
        Invalid: one of them is no id.
    """
    try:
        return [followable(UUID(text)) for text in texts]
    except ValueError as error:
        raise Invalid("id-unreadable", "The page sent something that is no id. Load it again and retry.") from error
