"""From XML to the elements of a model."""

from collections.abc import Callable
from typing import Any

from engine.decisions import xml
from engine.decisions.elements import (
    DecisionNode,
    Element,
    FunctionDefinition,
    InputData,
    ItemDefinition,
    KnowledgeModel,
    Reference,
    Service,
    Variable,
)
from engine.decisions.errors import DecisionError
from engine.decisions.formula import EMPTY, Formula
from engine.decisions.read_boxed import BoxedReader
from engine.errors import Phrase

#: Components of a type within components.
_DEEPEST = 40


def read_elements(root: Any) -> list[Element]:
    """Return the nodes of the requirement graph in the order of the file."""
    readers: dict[str, Callable[[Any], Element]] = {
        "inputData": _input_data,
        "decision": _decision,
        "businessKnowledgeModel": _knowledge_model,
        "decisionService": _service,
    }
    return [readers[xml.local(element)](element) for element in xml.children(root, *readers)]


def read_items(root: Any) -> list[ItemDefinition]:
    """Return the types that the model defines."""
    return [_item(element) for element in xml.children(root, "itemDefinition")]


def _item(element: Any, depth: int = 0) -> ItemDefinition:
    name = element.get("name") or ""
    if depth > _DEEPEST:
        raise DecisionError(
            "decision-too-deep", "type `{type}` is nested more than {limit} deep", type=name, limit=_DEEPEST
        )
    type_element = xml.child(element, "typeRef")

    def tests(child: str, place: Phrase) -> Formula:
        text = xml.text_of(xml.child(element, child))
        return Formula(text, owner=name, place=place, id=element.get("id") or "") if text else EMPTY

    return ItemDefinition(
        name=name,
        type=(type_element.text or "").strip() if type_element is not None else "",
        collection=element.get("isCollection") == "true",
        function=xml.child(element, "functionItem") is not None,
        allowed=tests("allowedValues", Phrase("allowed values")),
        constraint=tests("typeConstraint", Phrase("type constraint")),
        components=tuple(_item(each, depth + 1) for each in xml.children(element, "itemComponent")),
    )


def _variable(element: Any) -> Variable:
    """Return an element's variable; its name is the element's own when the variable has none."""
    found = xml.child(element, "variable")
    name = found.get("name") if found is not None else None
    return Variable(
        name=name or element.get("name") or "", type=(found.get("typeRef") or "") if found is not None else ""
    )


def _named(element: Any) -> dict[str, Any]:
    return {
        "id": element.get("id") or element.get("name") or "",
        "name": element.get("name") or element.get("id") or "",
        "variable": _variable(element),
    }


def _references(element: Any, requirement: str, *targets: str) -> tuple[Reference, ...]:
    found = [
        xml.reference(target)
        for each in xml.children(element, requirement)
        for target in (xml.children(each, *targets) if targets else [each])
    ]
    return tuple(Reference(namespace=namespace, id=target) for namespace, target in found)


def _input_data(element: Any) -> InputData:
    return InputData(**_named(element))


def _decision(element: Any) -> DecisionNode:
    return DecisionNode(
        **_named(element),
        inputs=_references(element, "informationRequirement", "requiredInput", "requiredDecision"),
        knowledge=_references(element, "knowledgeRequirement", "requiredKnowledge"),
        logic=BoxedReader(element.get("name") or element.get("id") or "").body(element),
    )


def _knowledge_model(element: Any) -> KnowledgeModel:
    logic = xml.child(element, "encapsulatedLogic")
    reader = BoxedReader(element.get("name") or element.get("id") or "")
    function = reader.expression(logic) if logic is not None else None
    assert function is None or isinstance(function, FunctionDefinition)
    return KnowledgeModel(
        **_named(element),
        knowledge=_references(element, "knowledgeRequirement", "requiredKnowledge"),
        logic=function,
    )


def _service(element: Any) -> Service:
    return Service(
        **_named(element),
        outputs=_references(element, "outputDecision"),
        input_decisions=_references(element, "inputDecision"),
        inputs=_references(element, "inputData"),
    )
