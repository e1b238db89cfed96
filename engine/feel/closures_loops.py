"""`for`, `some` and `every` as closures."""

from engine.feel.analyse import reads_name
from engine.feel.closures import Closure, compile_node
from engine.feel.compare import both, either
from engine.feel.evaluation import Scope, charge
from engine.feel.iterate import iterate
from engine.feel.syntax import (
    For,
    Iterator,
    Quantified,
)
from engine.feel.values import Value


def _compile_iterator(iterator: Iterator) -> tuple[str, Closure, Closure | None]:
    end = compile_node(iterator.end) if iterator.end is not None else None
    return iterator.name, compile_node(iterator.items), end


@compile_node.register
def _(node: For) -> Closure:
    iterators = [_compile_iterator(iterator) for iterator in node.iterators]
    body = compile_node(node.body)
    wants_partial = reads_name(node.body, "partial")

    def loop(scope: Scope) -> Value:
        evaluation = scope.evaluation
        results: list[Value] = []
        for round_scope in iterate(iterators, scope):
            if round_scope is None:
                return None
            evaluation.spend()
            if wants_partial:
                # a copy, for a body that returns `partial` would otherwise put the list into itself
                evaluation.spend(len(results) >> 3)
                round_scope.values["partial"] = results.copy()
            results.append(body(round_scope))
        return charge(results, evaluation)

    return loop


@compile_node.register
def _(node: Quantified) -> Closure:
    iterators = [_compile_iterator(iterator) for iterator in node.iterators]
    condition, some = compile_node(node.condition), node.some
    combine = either if some else both

    def judge(scope: Scope) -> Value:
        result: bool | None = not some
        for round_scope in iterate(iterators, scope):
            if round_scope is None:
                return None
            scope.evaluation.spend()
            value = condition(round_scope)
            if value is some:
                return some
            result = combine(result, value if isinstance(value, bool) else None)
        return result

    return judge
