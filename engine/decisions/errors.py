"""What can be wrong with a decision model."""

from engine.errors import Invalid


class DecisionError(Invalid):
    """A model cannot be read, or one of its decisions cannot be made. The facts name decision, rule and column."""
