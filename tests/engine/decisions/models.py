"""Writes small DMN models for the tests."""

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def definitions(*elements: str, namespace: str = NAMESPACE, target: str = "http://example.org/test") -> bytes:
    """Return a model with the elements."""
    body = "".join(elements)
    text = f'<definitions xmlns="{namespace}" id="m" name="test model" namespace="{target}">{body}</definitions>'
    return text.encode()


def text(tag: str, source: str | None, attributes: str = "") -> str:
    """Return an element with a `<text>`, or nothing for None."""
    return "" if source is None else f"<{tag}{attributes}><text>{escape(source)}</text></{tag}>"


def given(name: str, type_ref: str = "") -> str:
    """Return input data."""
    kind = f" typeRef={quoteattr(type_ref)}" if type_ref else ""
    return f'<inputData id="i-{name}" name="{name}"><variable name="{name}"{kind}/></inputData>'


def decision(name: str, logic: str, needs: Sequence[str] = (), knows: Sequence[str] = (), type_ref: str = "") -> str:
    """Return a decision; `needs` are ids of input data and decisions, `knows` of knowledge models."""
    kind = f" typeRef={quoteattr(type_ref)}" if type_ref else ""
    arrows = "".join(
        f'<informationRequirement><required{"Input" if each.startswith("i-") else "Decision"} href="#{each}"/>'
        "</informationRequirement>"
        for each in needs
    )
    arrows += "".join(
        f'<knowledgeRequirement><requiredKnowledge href="#{each}"/></knowledgeRequirement>' for each in knows
    )
    return f'<decision id="d-{name}" name="{name}"><variable name="{name}"{kind}/>{arrows}{logic}</decision>'


def literal(source: str) -> str:
    """Return a literal expression."""
    return text("literalExpression", source)


def table(
    policy: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    rules: Sequence[Sequence[str]],
    *,
    aggregation: str = "",
    allowed: str | None = None,
    input_values: str | None = None,
    default: str | None = None,
) -> str:
    """Return a decision table; a rule is its input cells followed by its output cells."""
    head = f' aggregation="{aggregation}"' if aggregation else ""
    columns = "".join(
        f'<input id="in-{source}" label={quoteattr(source)}>{text("inputExpression", source)}'
        f"{text('inputValues', input_values)}</input>"
        for source in inputs
    )
    columns += "".join(
        f'<output id="out-{name}" name="{name}">{text("outputValues", allowed)}'
        f"{text('defaultOutputEntry', default)}</output>"
        for name in outputs
    )
    rows = ""
    for number, cells in enumerate(rules, 1):
        split = len(inputs)
        entries = "".join(text("inputEntry", cell, f' id="c{number}-{i}"') for i, cell in enumerate(cells[:split]))
        results = "".join(text("outputEntry", cell, f' id="o{number}-{i}"') for i, cell in enumerate(cells[split:]))
        note = text("annotationEntry", f"note {number}")
        rows += f'<rule id="r{number}">{entries}{results}{note}</rule>'
    return f'<decisionTable id="t" hitPolicy="{policy}"{head}>{columns}{rows}</decisionTable>'
