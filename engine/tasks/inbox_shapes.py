"""What an inbox's statement is made of."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a statement is made of: which parts it has, not their values.

    Args:
        dated: only items with a due instant, or only those without one; None: both.
        limit: how many rows, or up to how many are counted.
        scan: how many are looked at for what no index knows.
        mark: what the names of the bound instants end with, where one statement has several windows.
    """

    limit: int
    scan: int
    keys: int
    held: bool
    unclaimed: bool
    dated: bool | None
    start: bool
    end: bool
    cursor: bool
    kinds: bool
    category: bool
    text: bool
    roles: bool
    only: bool = False
    covered: bool = False
    closed: bool = False
    mark: str = ""

    @property
    def sifted(self) -> bool:
        """Whether rows are asked something that no index knows; then only so many are looked at."""
        return self.kinds or self.category or self.text
