"""A syntax tree becomes a closure: `closure(scope) -> value`. No name, attribute or text of the host is ever executed.

The closures of the single nodes stand in the modules imported here; importing them is what registers them.
"""

from engine.feel import closures_loops
from engine.feel.closures import Closure, compile_node
from engine.feel.closures_operators import TestClosure, compile_tests

__all__ = ["Closure", "TestClosure", "closures_loops", "compile_node", "compile_tests"]
