"""Money is counted in whole fen; pages and forms speak of yuan."""

from decimal import Decimal
from typing import Any

from engine.errors import Invalid

FEN_OF_A_YUAN = 100


def fen_of(value: Any) -> int:
    """Return an amount of fen that a diagram worked out.

    Raises:
        Invalid: it is no whole number above zero.
    """
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and value > 0 and value == int(value):
        return int(value)
    raise Invalid(
        "fund-amount", "The amount {amount} is no whole number of fen above zero. Correct it.", amount=str(value)
    )


def yuan_text(fen: int) -> str:
    """Return an amount as pages write it: 20000000 is 200,000.00."""
    return f"{Decimal(fen) / FEN_OF_A_YUAN:,.2f}"
