"""What the API takes and answers, as marshmallow schemas; OpenAPI is made from them."""

from typing import Any, Final

from marshmallow import EXCLUDE, RAISE, Schema, fields, validate

from engine.cases.filing_schema import FilingSchema, PartySchema
from engine.definitions import VersionState
from engine.tasks import Bucket, Holding, WorkItemState
from web.api.described import AsDescribed
from web.words import one_line

#: a matter that a program hands in did not come by the portal
CHANNELS: Final = ("api", "grid", "hotline", "letter", "visit")


class Name(fields.String):
    """A name without the line breaks that its author made for the drawing."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else one_line(value)


class FindingSchema(Schema):
    """What is wrong with an element of a package, and how to mend it."""

    severity = fields.String(required=True)
    code = fields.String(required=True)
    file = fields.String(required=True)
    element_id = fields.String(required=True)
    element_name = fields.String(required=True)
    message = fields.String(required=True)
    reason = fields.String(required=True)
    mend = fields.String(required=True)


class ProblemSchema(Schema):
    """An error, RFC 9457."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True, metadata={"description": "Stable name of the mistake."})
    request_id = fields.String(required=True, metadata={"description": "What to tell an operator."})
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "What is wrong with each field, by its dotted path."},
    )
    findings = fields.List(fields.Nested(FindingSchema), metadata={"description": "Of a package that was refused."})
    who = fields.String(metadata={"description": "Who was first."})
    when = fields.String(metadata={"description": "And when."})


class WorkItemSchema(Schema):
    """A task."""

    id = fields.UUID(required=True)
    name = Name(required=True)
    element_id = fields.String(required=True)
    process_id = fields.String(required=True)
    role = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf([str(state) for state in WorkItemState]))
    unit_name = fields.String(required=True, allow_none=True)
    owner_id = fields.UUID(required=True, allow_none=True)
    owner_name = fields.String(required=True, allow_none=True)
    due_at = fields.AwareDateTime(required=True, allow_none=True)
    #: a year whose holidays are not announced yet was counted: the date may move
    provisional = fields.Boolean(required=True)
    created_at = fields.AwareDateTime(required=True)
    case_id = fields.UUID(required=True)
    case_number = fields.String(required=True)
    case_title = fields.String(required=True)


class ChoiceSchema(Schema):
    """Something that a field can be."""

    value = fields.String(required=True)
    label = fields.String(required=True)


class InputSchema(Schema):
    """A field of a task's form: `key` is its dotted path in `data`."""

    key = fields.String(required=True)
    label = fields.String(required=True)
    type = fields.String(required=True)
    required = fields.Boolean(required=True)
    choices = fields.List(fields.Nested(ChoiceSchema), required=True)


class TaskSchema(WorkItemSchema):
    """A task with the reason why it came to its unit, and what its form takes once it is claimed."""

    why = fields.String(required=True)
    inputs = fields.List(
        fields.Nested(InputSchema), metadata={"description": "Absent unless the token's holder has claimed the task."}
    )


class WorkItemQuery(Schema):
    """Which open tasks."""

    class Meta:
        unknown = EXCLUDE

    role = fields.String(metadata={"description": "Only tasks for this role."})
    holding = fields.Enum(
        Holding,
        by_value=True,
        load_default=Holding.ANY,
        metadata={
            "type": "string",
            "default": "any",
            "description": "Whoever holds them, those that I hold, those that nobody holds.",
        },
    )
    due = fields.Enum(
        Bucket, by_value=True, metadata={"type": "string", "description": "Only those with so much time left."}
    )
    q = fields.String(
        load_default="",
        validate=validate.Length(max=100),
        metadata={"description": "Only those whose case number, title or task name contains this."},
    )
    cursor = fields.String(metadata={"description": "`next_cursor` of the page before."})
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class WorkItemPage(Schema):
    """A page; `next_cursor` is null on the last one."""

    items = fields.List(fields.Nested(WorkItemSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class CompletionSchema(Schema):
    """What the task's form takes, by its fields' keys."""

    class Meta:
        unknown = RAISE

    data = fields.Dict(keys=fields.String(), load_default=dict)


class CompletedSchema(Schema):
    """The completed task and the ones that came to be by it."""

    id = fields.UUID(required=True)
    state = fields.String(required=True)
    instance_status = fields.String(required=True)
    next_items = fields.List(fields.UUID(), required=True)


class PartyFiling(AsDescribed, PartySchema):
    """A party of a matter that is filed."""


class CaseFiling(AsDescribed, FilingSchema):
    """A matter, as the portal takes it, and the channel by which it came."""

    class Meta:
        unknown = RAISE

    channel = fields.String(load_default="api", validate=validate.OneOf(CHANNELS))
    parties = fields.List(fields.Nested(PartyFiling(unknown=RAISE)), load_default=list, validate=validate.Length(max=8))


class FiledSchema(Schema):
    """The new case and the receipt for the resident. Code and PIN are not shown again."""

    id = fields.UUID(required=True)
    number = fields.String(required=True)
    tracking_code = fields.String(required=True)
    pin = fields.String(required=True)


class ClockSchema(Schema):
    """A deadline and, in `trace`, why it is that date."""

    name = fields.String(required=True)
    kind = fields.String(required=True)
    state = fields.String(required=True)
    due_at = fields.AwareDateTime(required=True)
    original_due_at = fields.AwareDateTime(required=True)
    #: as of a task
    provisional = fields.Boolean(required=True)
    trace = fields.List(fields.Dict(), required=True)


class OpenWorkSchema(Schema):
    """Who has a matter now."""

    id = fields.UUID(required=True)
    name = Name(required=True)
    unit_name = fields.String(required=True)
    owner_name = fields.String(required=True, allow_none=True)


class PetitionerSchema(Schema):
    """The resident, for whoever has the work."""

    name = fields.String()
    phone = fields.String()
    email = fields.String()


class CaseSchema(Schema):
    """A case as the token's holder may see it; what they may not see is absent."""

    id = fields.UUID(required=True)
    number = fields.String()
    kind = fields.String()
    state = fields.String(
        metadata={"description": "`filed`, `running`, or the outcome of its process, such as `solved`."}
    )
    title = fields.String()
    text = fields.String()
    category = fields.String()
    channel = fields.String()
    place = fields.String(metadata={"description": "Name of the grid unit."})
    address = fields.String()
    filed_at = fields.AwareDateTime()
    petitioner = fields.Nested(PetitionerSchema)
    clocks = fields.List(fields.Nested(ClockSchema))
    open_work = fields.List(fields.Nested(OpenWorkSchema))


class EventSchema(Schema):
    """One thing that happened."""

    seq = fields.Integer(required=True, allow_none=True)
    at = fields.AwareDateTime(required=True)
    tag = fields.String(required=True)
    actor_kind = fields.String(required=True)
    actor_name = fields.String(required=True, allow_none=True)
    data = fields.Dict(required=True)


class TimelineSchema(Schema):
    """What happened to a case, first things first."""

    events = fields.List(fields.Nested(EventSchema), required=True)


class ProcessSchema(Schema):
    """A deployed version."""

    id = fields.UUID(required=True)
    key = fields.String(required=True)
    number = fields.Integer(required=True)
    name = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf([str(state) for state in VersionState]))
    sha256 = fields.String(required=True)
    author = fields.String(required=True)
    note = fields.String(required=True)
    deployed_at = fields.AwareDateTime(required=True)


class ProcessList(Schema):
    """Every deployed version, newest first."""

    versions = fields.List(fields.Nested(ProcessSchema), required=True)


class DeployQuery(Schema):
    """How to deploy."""

    class Meta:
        unknown = EXCLUDE

    note = fields.String(load_default="", validate=validate.Length(max=500), metadata={"description": "What changed."})
    activate = fields.Boolean(
        load_default=True,
        truthy={"true"},
        falsy={"false"},
        metadata={"description": "Whether new cases start on it; running ones keep theirs."},
    )
    despite_scenarios = fields.Boolean(
        load_default=False,
        truthy={"true"},
        falsy={"false"},
        metadata={"description": "Deploy although a scenario of the package differs; the audit says so."},
    )
