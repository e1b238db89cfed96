"""Models: reading, requirement graphs, knowledge models, services, types, imports, boxed expressions."""

import datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.decisions import DecisionError, Model
from engine.decisions.xml import LARGEST, NAMESPACES
from engine.feel import FeelLimitError
from tests.engine.decisions.models import decision, definitions, given, literal, text

HARMFUL = [
    (b"<definitions", "decision-no-xml"),
    (b"", "decision-no-xml"),
    (b"<definitions/>", "decision-no-dmn"),
    (b'<process xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>', "decision-no-dmn"),
    # an entity that would read a file, and one that grows
    (b'<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + definitions(literal("1")), "decision-doctype"),
    (b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + definitions(), "decision-doctype"),
    (b" " * (LARGEST + 1), "decision-too-large"),
]


@pytest.mark.parametrize(("xml", "code"), HARMFUL)
def test_a_file_that_is_no_plain_dmn_is_refused(xml: bytes, code: str) -> None:
    with pytest.raises(DecisionError) as caught:
        Model.read(xml)
    assert caught.value.code == code


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_version_of_dmn_is_read(namespace: str) -> None:
    model = Model.read(definitions(decision("d", literal("1 + 1")), namespace=namespace))
    assert model.decide("d", {}).value == 2
    assert model.version == NAMESPACES[namespace]


def test_decisions_are_listed_with_the_inputs_that_they_need() -> None:
    model = Model.read(
        definitions(
            given("x"),
            given("y"),
            decision("inner", literal("x + 1"), ["i-x"]),
            decision("outer", literal("inner + y"), ["d-inner", "i-y"]),
        )
    )
    assert [(info.id, info.name, info.inputs) for info in model.decisions] == [
        ("d-inner", "inner", ("x",)),
        ("d-outer", "outer", ("x", "y")),
    ]
    assert model.decide("d-outer", {"x": 1, "y": 10}).value == 12


def test_a_decision_sees_what_it_requires_and_nothing_else() -> None:
    model = Model.read(definitions(given("x"), given("y"), decision("d", literal("[x, y]"), ["i-x"])))
    result = model.decide("d", {"x": 1, "y": 2})
    assert result.value == [1, None]
    assert result.warnings == ("decision `d`, literal expression: there is no variable or function `y`",)


def test_a_decision_without_arrows_reads_the_callers_variables() -> None:
    assert Model.read(definitions(decision("d", literal("x + 1")))).decide("d", {"x": 1}).value == 2


def test_a_decision_is_evaluated_once_for_all_that_require_it() -> None:
    calls: list[int] = []

    def count() -> int:
        calls.append(1)
        return len(calls)

    model = Model.read(
        definitions(
            decision("a", literal("tick()")),
            decision("b", literal("a"), ["d-a"]),
            decision("c", literal("[a, b]"), ["d-a", "d-b"]),
        )
    )
    assert model.decide("c", {}, functions={"tick": count}).value == [1, 1]


def test_now_and_host_functions_reach_the_formulas() -> None:
    now = datetime.datetime(2026, 11, 3, tzinfo=datetime.UTC)
    model = Model.read(definitions(decision("d", literal("working days after(today(), 2)"))))

    def after(day: datetime.date, count: Decimal) -> datetime.date:
        return day + datetime.timedelta(days=int(count))

    result = model.decide("d", {}, now=now, functions={"working days after": after})
    assert result.value == datetime.date(2026, 11, 5)


def test_a_circle_of_requirements_is_an_error() -> None:
    model = Model.read(
        definitions(decision("a", literal("b"), ["d-b"]), decision("b", literal("a"), ["d-a"])),
    )
    with pytest.raises(DecisionError) as caught:
        model.decide("a", {})
    assert caught.value.code == "decision-cycle"


def test_an_arrow_from_nowhere_is_an_error() -> None:
    with pytest.raises(DecisionError) as caught:
        Model.read(definitions(decision("a", literal("1"), ["d-gone"]))).decide("a", {})
    assert caught.value.code == "decision-unknown-reference"


def test_an_unknown_decision_is_an_error_that_names_those_there_are() -> None:
    with pytest.raises(DecisionError) as caught:
        Model.read(definitions(decision("a", literal("1")))).decide("z", {})
    assert caught.value.code == "decision-unknown"
    assert "only a" in caught.value.message


def knowledge(name: str, parameters: str, body: str, knows: str = "") -> str:
    items = "".join(f'<formalParameter name="{each}"/>' for each in parameters.split())
    arrow = f'<knowledgeRequirement><requiredKnowledge href="#{knows}"/></knowledgeRequirement>' if knows else ""
    return (
        f'<businessKnowledgeModel id="k-{name}" name="{name}"><variable name="{name}"/>'
        f"<encapsulatedLogic>{items}{body}</encapsulatedLogic>{arrow}</businessKnowledgeModel>"
    )


def test_a_knowledge_model_is_a_function() -> None:
    model = Model.read(
        definitions(
            knowledge("double", "n", literal("n * 2")),
            knowledge("quadruple", "n", literal("double(double(n))"), "k-double"),
            decision("d", literal("quadruple(n: 3)"), knows=["k-quadruple"]),
        )
    )
    assert model.decide("d", {}).value == 12
    assert model.decide("quadruple", {"n": 1}).value == 4


def test_a_knowledge_model_may_call_itself() -> None:
    model = Model.read(
        definitions(
            knowledge("factorial", "n", literal("if n < 2 then 1 else n * factorial(n - 1)"), "k-factorial"),
            decision("d", literal("factorial(5)"), knows=["k-factorial"]),
            decision("endless", literal("factorial(1000)"), knows=["k-factorial"]),
        )
    )
    assert model.decide("d", {}).value == 120
    with pytest.raises(FeelLimitError):
        model.decide("endless", {})


def test_a_service_takes_decisions_as_arguments() -> None:
    service = (
        '<decisionService id="s" name="service"><variable name="service"/><outputDecision href="#d-out"/>'
        '<encapsulatedDecision href="#d-base"/><inputDecision href="#d-base"/>'
        '<inputData href="#i-x"/></decisionService>'
    )
    model = Model.read(
        definitions(
            given("x"),
            decision("base", literal("1000")),
            decision("out", literal("base + x"), ["d-base", "i-x"]),
            service,
            decision("call", literal("service(5, 2)"), knows=["s"]),
        )
    )
    assert model.decide("call", {}).value == 7
    assert model.decide("service", {"base": 1, "x": 2}).value == 3
    assert model.decide("out", {"x": 2}).value == 1002


TYPES = (
    '<itemDefinition name="level"><typeRef>string</typeRef>'
    '<allowedValues><text>"low", "high"</text></allowedValues></itemDefinition>'
    '<itemDefinition name="levels" isCollection="true"><typeRef>level</typeRef></itemDefinition>'
    '<itemDefinition name="person"><itemComponent name="first name"><typeRef>string</typeRef></itemComponent>'
    '<itemComponent name="age"><typeRef>number</typeRef></itemComponent></itemDefinition>'
)

FITTING: list[tuple[str, Any, Any]] = [
    ("level", "low", "low"),
    ("level", "middle", None),
    ("level", 3, None),
    ("level", ["low"], "low"),  # a list of one item is that item
    ("levels", ["low", "high"], ["low", "high"]),
    ("levels", ["low", "middle"], None),
    ("levels", "low", ["low"]),  # an item is a list of one
    ("number", "3", None),
    ("dateTime", "2026", None),
    # a date is a moment at its midnight in UTC
    ("dateTime", datetime.date(2026, 3, 1), datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)),
    ("person", {"first name": "张", "age": 3}, {"first name": "张", "age": 3}),
    ("person", {"first name": "张", "age": "3"}, None),
]


@pytest.mark.parametrize(("type_ref", "value", "expected"), FITTING)
def test_input_data_is_fitted_to_its_type(type_ref: str, value: Any, expected: Any) -> None:
    model = Model.read(definitions(TYPES, given("x", type_ref), decision("d", literal("x"), ["i-x"])))
    result = model.decide("d", {"x": value})
    assert result.value == expected
    assert bool(result.warnings) is (expected is None)


def test_components_with_spaces_are_names() -> None:
    model = Model.read(definitions(TYPES, given("p", "person"), decision("d", literal("p.first name"), ["i-p"])))
    assert model.decide("d", {"p": {"first name": "张", "age": 3}}).value == "张"


def test_a_result_that_does_not_fit_its_type_is_null_with_a_warning() -> None:
    result = Model.read(definitions(decision("d", literal('"a"'), type_ref="number"))).decide("d", {})
    assert result.value is None
    assert "`number`" in result.warnings[0]


def test_an_imported_model_is_used_by_its_alias() -> None:
    inner = Model.read(definitions(knowledge("double", "n", literal("n * 2")), target="http://example.org/inner"))
    outer = definitions(
        '<import name="lib" namespace="http://example.org/inner" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>',
        '<decision id="d" name="d"><variable name="d"/><knowledgeRequirement>'
        '<requiredKnowledge href="http://example.org/inner#k-double"/></knowledgeRequirement>'
        f"{literal('lib.double(4)')}</decision>",
    )
    assert Model.read(outer, {inner.namespace: inner}).decide("d", {}).value == 8
    assert Model.read(outer).missing_imports == ("http://example.org/inner",)


def test_an_import_without_a_name_adds_to_the_names_of_the_model() -> None:
    inner = Model.read(
        definitions(
            '<itemDefinition name="small"><typeRef>number</typeRef>'
            "<allowedValues><text>&lt; 10</text></allowedValues></itemDefinition>",
            knowledge("double", "n", literal("n * 2")),
            target="http://example.org/inner",
        )
    )
    outer = definitions(
        '<import name="" namespace="http://example.org/inner" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>',
        '<decision id="d" name="d"><variable name="d" typeRef="small"/><knowledgeRequirement>'
        '<requiredKnowledge href="http://example.org/inner#k-double"/></knowledgeRequirement>'
        f"{literal('double(x)')}</decision>",
    )
    model = Model.read(outer, {inner.namespace: inner})
    assert model.decide("d", {"x": 4}).value == 8
    assert model.decide("d", {"x": 5}).value is None


INSTANCES = [
    ("x instance of level", "low", True),
    ("x instance of level", "middle", False),
    ("x instance of levels", ["low"], True),
    ("x instance of small number", 3, True),
    ("x instance of nothing", 3, False),
    ("null instance of level", None, False),
    ("(function(v: level) v)(x)", "middle", None),
]


@pytest.mark.parametrize(("source", "value", "expected"), INSTANCES)
def test_formulas_know_the_types_of_the_model(source: str, value: Any, expected: Any) -> None:
    small = '<itemDefinition name="small number"><typeRef>number</typeRef></itemDefinition>'
    model = Model.read(definitions(TYPES, small, given("x"), decision("d", literal(source), ["i-x"])))
    assert model.decide("d", {"x": value}).value is expected


def entry(name: str | None, logic: str) -> str:
    variable = f'<variable name="{name}"/>' if name else ""
    return f"<contextEntry>{variable}{logic}</contextEntry>"


FUNCTION = f'<functionDefinition><formalParameter name="n"/>{literal("n + 1")}</functionDefinition>'
INVOCATION = f'<invocation>{literal("f")}<binding><parameter name="n"/>{literal("2")}</binding></invocation>'

BOXED = [
    # contexts: with and without a result
    (f"<context>{entry('a', literal('1'))}{entry('b', literal('a + 1'))}</context>", {"a": 1, "b": 2}),
    (f"<context>{entry('a', literal('1'))}{entry(None, literal('a + 5'))}</context>", 6),
    (f"<list>{literal('1')}{literal('[2]')}</list>", [1, [2]]),
    (
        f'<relation><column name="a"/><column name="b"/><row>{literal("1")}{literal("2")}</row></relation>',
        [{"a": 1, "b": 2}],
    ),
    (
        f"<conditional><if>{literal('1 > 2')}</if><then>{literal('3')}</then><else>{literal('4')}</else></conditional>",
        4,
    ),
    (f"<filter><in>{literal('[1, 2, 3]')}</in><match>{literal('item > 1')}</match></filter>", [2, 3]),
    (f'<for iteratorVariable="i"><in>{literal("[1..3]")}</in><return>{literal("i * i")}</return></for>', [1, 4, 9]),
    (f'<some iteratorVariable="i"><in>{literal("[1, 2]")}</in><satisfies>{literal("i > 1")}</satisfies></some>', True),
    (
        f'<every iteratorVariable="i"><in>{literal("[1, 2]")}</in><satisfies>{literal("i > 1")}</satisfies></every>',
        False,
    ),
    (f"<context>{entry('f', FUNCTION)}{entry(None, INVOCATION)}</context>", 3),
]


@pytest.mark.parametrize(("logic", "expected"), BOXED)
def test_a_boxed_expression_means(logic: str, expected: Any) -> None:
    assert Model.read(definitions(decision("d", logic))).decide("d", {}).value == expected


def test_a_function_in_another_language_is_never_run() -> None:
    body = (
        '<context><contextEntry><variable name="class"/>' + literal('"java.lang.System"') + "</contextEntry></context>"
    )
    logic = knowledge("exit", "code", body).replace("<encapsulatedLogic>", '<encapsulatedLogic kind="Java">')
    result = Model.read(definitions(logic, decision("d", literal("exit(1)"), knows=["k-exit"]))).decide("d", {})
    assert result.value is None
    assert "a function in Java is not run" in result.warnings[0]


def test_a_decision_without_logic_is_null() -> None:
    assert Model.read(definitions(decision("d", ""))).decide("d", {}).value is None


def test_the_work_of_a_model_is_bounded() -> None:
    model = Model.read(definitions(decision("d", literal("for x in 1..99999, y in 1..99999 return x"))))
    with pytest.raises(FeelLimitError):
        model.decide("d", {})


def test_a_text_with_several_lines_is_one_expression() -> None:
    assert Model.read(definitions(decision("d", text("literalExpression", "1 +\n 2")))).decide("d", {}).value == 3


def test_types_that_refer_to_each_other_are_checked_as_deep_as_the_data() -> None:
    members = "".join(f'<itemComponent name="m{i}"><typeRef>tree</typeRef></itemComponent>' for i in range(20))
    tree = f'<itemDefinition name="tree">{members}</itemDefinition>'
    model = Model.read(definitions(tree, given("x", "tree"), decision("d", literal("x"), ["i-x"])))
    assert model.decide("d", {"x": {"m0": {"m1": {}}}}).value == {"m0": {"m1": {}}}
    assert model.decide("d", {"x": {"m0": {"m1": 3}}}).value is None


def test_a_type_made_of_itself_ends() -> None:
    circle = '<itemDefinition name="a"><typeRef>a</typeRef></itemDefinition>'
    model = Model.read(definitions(circle, given("x", "a"), decision("d", literal("x"), ["i-x"])))
    with pytest.raises(FeelLimitError):
        model.decide("d", {"x": 1})


def test_boxed_expressions_nested_without_end_are_refused() -> None:
    with pytest.raises(DecisionError) as caught:
        Model.read(definitions(decision("d", "<list>" * 60 + "</list>" * 60)))
    assert caught.value.code == "decision-too-deep"


def test_data_with_ever_new_names_does_not_pile_up_compiled_formulas() -> None:
    model = Model.read(definitions(decision("d", literal("a b + 1"))))
    for number in range(100):
        assert model.decide("d", {"a b": 1, f"key {number}": 2}).value == 2
    (element,) = model.elements
    assert len(element.logic.formula._expressions) == 1
