"""Rewrites of a process into the subset that SpiffWorkflow 3.2.0 executes rightly.

They are pure XML; nothing here knows SpiffWorkflow.

Every rewrite keeps the author's ids on the author's nodes. What it adds is named `<author's id>/<what>`; no XML id can
hold a slash, so nothing of the author's can have such a name. An added node that stands for one of the author's (the
boundary event that stands for an event sub-process's start) carries the author's id in `ours:element`.
"""

from copy import deepcopy

from engine.spiff.document import Node
from engine.spiff.rewrites.compensation import undo_in_reverse
from engine.spiff.rewrites.flows import join_links, split_complex, split_implicitly, tell_flows_apart, throw_then_end
from engine.spiff.rewrites.refusals import refusals, refuse
from engine.spiff.rewrites.refusing import Refusal
from engine.spiff.rewrites.scopes import wrap_scopes

__all__ = ["Refusal", "corrected", "refusals"]


def corrected(process: Node) -> Node:
    """Return a corrected copy of one process.

    Raises:
        Invalid: the process holds something that stays refused.
    """
    root = deepcopy(process)
    refuse(root)
    for step in (
        split_complex,
        join_links,
        throw_then_end,
        split_implicitly,
        tell_flows_apart,
        undo_in_reverse,
        wrap_scopes,
    ):
        step(root)
    return root
