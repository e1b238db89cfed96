"""Plays what it is given to its end, with default answers."""

from engine.sandbox.touring import Limits, Outcome, play_diagram


def play_to_end(what: bytes, limits: Limits = Limits()) -> Outcome:  # noqa: B008 - it is frozen
    """Play a diagram to its end with default answers.

    Args:
        what: a BPMN 2.0 diagram, as `engine.importing` normalises it.

    Raises:
        Invalid: it is no diagram.
    """
    return play_diagram(what, limits)
