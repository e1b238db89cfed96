"""A FEEL text of a model with the place where it stands, compiled on first use."""

from typing import Any

from engine.decisions.errors import DecisionError
from engine.feel import Expression, FeelError, UnaryTest, compile, compile_unary

#: Sets of names for which a formula is kept compiled.
_KEPT = 16


class Formula:
    """A text in a literal expression or in a cell of a table.

    Attributes:
        text: the text; empty when nothing was written.
        place: where it stands, in words, such as `rule 3, column "days left"`.
        owner: the decision or knowledge model it belongs to.
    """

    __slots__ = ("_expressions", "_tests", "id", "owner", "place", "text")

    def __init__(self, text: str, *, id: str = "", owner: str = "", place: str = "") -> None:
        self.text = text
        self.id = id
        self.owner = owner
        self.place = place
        self._expressions: dict[tuple[str, ...], Expression] = {}
        self._tests: dict[tuple[str, ...], UnaryTest] = {}

    def __bool__(self) -> bool:
        return bool(self.text)

    def expression(self, names: tuple[str, ...]) -> Expression:
        """Return the text compiled as an expression.

        Raises:
            DecisionError: `decision-bad-expression`.
        """
        found = self._expressions.get(names)
        if found is None:
            _forget(self._expressions)
            try:
                found = self._expressions[names] = compile(self.text, names)
            except FeelError as problem:
                raise self._error(problem) from problem
        return found

    def test(self, names: tuple[str, ...]) -> UnaryTest:
        """Return the text compiled as a cell of unary tests.

        Raises:
            DecisionError: `decision-bad-expression`.
        """
        found = self._tests.get(names)
        if found is None:
            _forget(self._tests)
            try:
                found = self._tests[names] = compile_unary(self.text, names)
            except FeelError as problem:
                raise self._error(problem) from problem
        return found

    def _error(self, problem: FeelError) -> DecisionError:
        return DecisionError(
            "decision-bad-expression",
            "decision `{decision}`, {place}: {problem} in `{text}`",
            decision=self.owner,
            place=self.place,
            problem=problem.message,
            text=self.text[:200],
            element=self.id,
            **{key: problem.facts[key] for key in ("line", "column", "hint") if key in problem.facts},
        )


def _forget(compiled: dict[tuple[str, ...], Any]) -> None:
    # the sets of names come from the data, of which there is no end
    if len(compiled) >= _KEPT:
        compiled.clear()


#: A text that was left out.
EMPTY = Formula("")
