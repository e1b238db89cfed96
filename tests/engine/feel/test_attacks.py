"""Expressions made to break out, to hang, or to eat the memory. Each ends soon, with a value or a limit error."""

import resource
import time
from decimal import Decimal

import pytest

from engine.feel import FeelError, FeelLimitError, FeelSyntaxError, compile, evaluate

_BIG = "1" * 40

ENDLESS = [
    # attributes and names of the host
    "a.__class__",
    '"".__class__.__mro__[1].__subclasses__()',
    "a.__init__.__globals__",
    "().__class__.__bases__",
    "{x: 1}.__dict__",
    "(function(x) x).__code__",
    "(function(x) x).call",
    "string length.__globals__",
    '__import__("os").system("id")',
    "open(1)",
    "globals()",
    # numbers
    "9 ** 9 ** 9 ** 9",
    "10 ** 1000000000",
    "1.0000000001 ** 1e6000",
    "0.5 ** -1e6000",
    "exp(1e6000)",
    "string(1e6144) + string(1e6144)",
    "decimal(1e6144, 6000)",
    f"modulo({_BIG}e4000, 0.{_BIG})",
    "date(1e6000, 1, 1)",
    '@"P1D" * 1e6000',
    '@"P1M" * 1e6000',
    'date("2020-01-01") + @"P99999999Y"',
    # long loops, ranges and lists
    "for x in 1..1000000000 return x",
    "for x in 1..1e6000 return x",
    "some x in 1..100000, y in 1..100000 satisfies x + y < 0",
    "every x in 1..99999, y in 1..99999, z in 1..99999 satisfies true",
    "count(for x in 1..90000, y in 1..90000 return 1)",
    "for x in 1..1000 return for y in 1..1000 return for z in 1..1000 return 1",
    "for a in 1..5000 return partial",
    "for a in 1..300 return concatenate(partial, partial)",
    'for x in [@"0001-01-01"..@"9999-12-31"] return x',
    "sort(for x in 1..50000 return -x, function(a, b) a < b)",
    "duplicate values(for x in 1..50000 return x)",
    "distinct values(for x in 1..20000 return [x])",
    # values that grow by doubling
    '{a: "0123456789abcdef", b: a+a+a+a+a+a+a+a, c: b+b+b+b+b+b+b+b, d: c+c+c+c+c+c+c+c, e: d+d+d+d+d+d+d+d, '
    "f: e+e+e+e+e+e+e+e, g: f+f+f+f+f+f+f+f, h: g+g+g+g+g+g+g+g}",
    "{a: [1,1,1,1,1,1,1,1], b: [a,a,a,a,a,a,a,a], c: [b,b,b,b,b,b,b,b], d: [c,c,c,c,c,c,c,c], "
    "e: [d,d,d,d,d,d,d,d], f: [e,e,e,e,e,e,e,e], g: [f,f,f,f,f,f,f,f], h: string(g)}",
    "{a: [1,1,1,1,1,1,1,1], b: [a,a,a,a,a,a,a,a], c: [b,b,b,b,b,b,b,b], d: [c,c,c,c,c,c,c,c], "
    "e: [d,d,d,d,d,d,d,d], f: [e,e,e,e,e,e,e,e], g: [f,f,f,f,f,f,f,f], h: flatten(g)}.h",
    "{a: [1,1,1,1,1,1,1,1], b: [a,a,a,a,a,a,a,a], c: [b,b,b,b,b,b,b,b], d: [c,c,c,c,c,c,c,c], "
    "e: [d,d,d,d,d,d,d,d], f: [e,e,e,e,e,e,e,e], g: f = f}.g",
    "{a: {x: 1, y: 2}, b: {x: a, y: a}, c: {x: b, y: b}, d: {x: c, y: c}, e: {x: d, y: d}, f: {x: e, y: e}, "
    "g: {x: f, y: f}, h: {x: g, y: g}, i: {x: h, y: h}, j: {x: i, y: i}, k: {x: j, y: j}, l: {x: k, y: k}, "
    "m: {x: l, y: l}, n: {x: m, y: m}, o: {x: n, y: n}, p: {x: o, y: o}, q: {x: p, y: p}}",
    'string join(for x in 1..90000 return "0123456789")',
    '{s: string join(for x in 1..9000 return "aaaaaaaaaa"), t: replace(s, "a", s)}.t',
    'upper case(string join(for x in 1..19000 return "ßßßßßßßßßß"))',
    '{s: string join(for x in 1..9000 return "aaaaaaaaaa"), t: string(for x in 1..9000 return s)}.t',
    # functions that call themselves
    "{f: function(x) x(x), y: f(f)}.y",
    "{f: function(g, n) if n = 0 then 0 else g(g, n - 1) + g(g, n - 1), y: f(f, 50)}.y",
    "{f: function(g, n) g(g, n + 1), y: f(f, 0)}.y",
    "(function(x) x(x))(function(x) x(x))",
    # deep nesting
    "(" * 5000 + "1" + ")" * 4000,
    "[" * 5000,
    "{a:" * 3000 + "1",
    "-" * 9000 + "1",
    "not(" * 2000 + "true" + ")" * 1900,
    "if true then " * 700 + "1" + " else 2" * 700,
    "x in (" * 1500 + "1" + ")" * 400,
    "1" + "+1" * 4900,
    "true" + " and true" * 1000,
    "a" + ".a" * 4900,
    "a" + "[1]" * 3000,
    "f" + "(1)" * 3000,
    "a" + "=a" * 4000,
    "[1..a" + "[[1..a" * 1200,
    "a" + " instance of list" + "<list" * 1000,
    "1 in (" + "1," * 4000 + "1)",
    # regular expressions
    'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "(a+)+$")',
    'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "^(a|a?)+$")',
    'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "(.*)*(.*)*(.*)*x")',
    'matches("aaaaaaaaaaaaaaaaaaaa", "((((a{0,999}){0,999}){0,999}){0,999}){0,999}b")',
    'replace("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "(a*)*b", "x")',
    'split("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "(a+)+b")',
    'for x in 1..1000 return matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "(a+)+$")',
    'matches("x", "' + "(" * 900 + '")',
    'matches("x", "a{999999999}")',
]


@pytest.mark.parametrize("source", ENDLESS, ids=range(len(ENDLESS)))
def test_an_attack_ends_within_two_seconds_and_little_memory(source: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    try:
        value = evaluate(source, {"a": {"b": 1}}).value
    except FeelError:
        value = None
    assert time.process_time() - started < 2
    # ru_maxrss counts kilobytes and only ever grows
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000
    assert not isinstance(value, Decimal) or value.is_finite()


@pytest.mark.parametrize(
    "source",
    ["a.__class__", '"".__class__', "(function(x) x).__code__", "open", "globals()", "a.items", "a.keys()"],
)
def test_nothing_of_the_host_is_reached(source: str) -> None:
    assert evaluate(source, {"a": {"b": 1}}).value is None


def test_an_expression_that_is_too_long_is_refused() -> None:
    with pytest.raises(FeelLimitError) as caught:
        compile("1 " * 6000)
    assert caught.value.code == "feel-limit"
    assert "10000" in caught.value.message


def test_data_nested_without_end_is_refused() -> None:
    data: dict[str, object] = {}
    data["a"] = data
    with pytest.raises(FeelLimitError):
        evaluate("a", data)


def test_a_long_sum_is_no_deep_one() -> None:
    assert evaluate("1" + "+1" * 4900).value == 4901


def test_the_hosts_data_is_never_changed_and_never_handed_out() -> None:
    data = {"items": [1, 2], "inner": {"x": [3]}}
    value = evaluate("inner", data).value
    value["x"].append(4)
    assert data == {"items": [1, 2], "inner": {"x": [3]}}


def test_external_functions_of_a_diagram_are_never_run() -> None:
    source = '(function(x) external {java: {class: "java.lang.Runtime", method signature: "exit(int)"}})(1)'
    result = evaluate(source)
    assert result.value is None
    assert result.warnings == ("an external function names code of the host, which is never run",)


def test_brackets_without_end_are_a_syntax_or_limit_error() -> None:
    with pytest.raises((FeelSyntaxError, FeelLimitError)):
        compile("[1..a[" * 1000)
