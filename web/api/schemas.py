"""What the API takes and answers, as marshmallow schemas; OpenAPI is made from them."""

from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, fields, validate

from engine.tasks import Bucket, Holding


class ProblemSchema(Schema):
    """An error, RFC 9457."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    code = fields.String(metadata={"description": "Stable name of the mistake."})
    request_id = fields.String()
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))


class WorkItemSchema(Schema):
    """An open task."""

    id = fields.UUID()
    name = fields.String()
    element_id = fields.String()
    process_id = fields.String()
    role = fields.String()
    state = fields.String(validate=validate.OneOf(("open", "claimed", "completed", "withdrawn")))
    unit_name = fields.String(allow_none=True)
    owner_id = fields.UUID(allow_none=True)
    owner_name = fields.String(allow_none=True)
    due_at = fields.AwareDateTime(allow_none=True)
    created_at = fields.AwareDateTime()
    case_id = fields.UUID()
    case_number = fields.String()
    case_title = fields.String()


class WorkItemQuery(Schema):
    """Which open tasks: sorted by due date, those without one last."""

    class Meta:
        unknown = EXCLUDE

    role = fields.String(metadata={"description": "Only tasks for this role."})
    holding = fields.Enum(Holding, by_value=True, load_default=Holding.ANY)
    due = fields.Enum(Bucket, by_value=True, load_default=None)
    q = fields.String(load_default="", validate=validate.Length(max=100))
    cursor = fields.String(load_default=None)
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class WorkItemPage(Schema):
    """A page; `next_cursor` is null on the last one."""

    items = fields.List(fields.Nested(WorkItemSchema))
    next_cursor = fields.String(allow_none=True)


class CompletionSchema(Schema):
    """What the task's form takes, by its fields' keys."""

    class Meta:
        unknown = RAISE

    data = fields.Dict(keys=fields.String(), load_default=dict)


class CompletedSchema(Schema):
    """The completed task and the ones that came to be by it."""

    id = fields.UUID()
    state = fields.String()
    instance_status = fields.String()
    next_items = fields.List(fields.UUID())


class CaseFiling(Schema):
    """A matter, as the portal takes it. `submission` makes a second sending the same case."""

    class Meta:
        unknown = RAISE

    title = fields.String(required=True, validate=validate.Length(2, 80))
    text = fields.String(required=True, validate=validate.Length(5, 5000))
    place = fields.String(required=True, metadata={"description": "Code of a grid unit."})
    name = fields.String(required=True, validate=validate.Length(1, 60))
    category = fields.String(load_default="")
    channel = fields.String(load_default="api", validate=validate.OneOf(("api", "grid", "hotline", "letter", "visit")))
    address = fields.String(load_default="", validate=validate.Length(max=300))
    phone = fields.String(load_default="")
    email = fields.String(load_default="")
    name_hidden = fields.Boolean(load_default=True)


class FiledSchema(Schema):
    """The new case and the receipt for the resident. Code and PIN are not shown again."""

    id = fields.UUID()
    number = fields.String()
    tracking_code = fields.String()
    pin = fields.String()


class ClockSchema(Schema):
    """A deadline and why it is that date."""

    name = fields.String()
    kind = fields.String()
    state = fields.String()
    due_at = fields.AwareDateTime()
    original_due_at = fields.AwareDateTime()
    trace = fields.List(fields.Dict())


class CaseSchema(Schema):
    """A case as the token's holder may see it; fields that they may not see are absent."""

    id = fields.UUID()
    number = fields.String()
    kind = fields.String()
    state = fields.String()
    title = fields.String()
    text = fields.String()
    category = fields.String()
    place = fields.String()
    address = fields.String()
    filed_at = fields.AwareDateTime()
    petitioner = fields.Dict(keys=fields.String(), values=fields.String())
    clocks = fields.List(fields.Nested(ClockSchema))
    open_work = fields.List(fields.Dict())


class EventSchema(Schema):
    """One thing that happened."""

    seq = fields.Integer(allow_none=True)
    at = fields.AwareDateTime()
    tag = fields.String()
    actor_kind = fields.String()
    actor_name = fields.String(allow_none=True)
    data = fields.Raw()


class TimelineSchema(Schema):
    """What happened to a case, first things first."""

    events = fields.List(fields.Nested(EventSchema))


class ProcessSchema(Schema):
    """A deployed version."""

    id = fields.UUID()
    key = fields.String()
    number = fields.Integer()
    name = fields.String()
    state = fields.String()
    sha256 = fields.String()
    author = fields.String()
    note = fields.String()
    deployed_at = fields.AwareDateTime()


class ProcessList(Schema):
    """Every deployed version, newest first."""

    versions = fields.List(fields.Nested(ProcessSchema))


class DeployQuery(Schema):
    """How to deploy."""

    class Meta:
        unknown = EXCLUDE

    note = fields.String(load_default="", validate=validate.Length(max=500))
    activate = fields.Boolean(load_default=True)


def problems(*statuses: int) -> dict[str, Any]:
    """Return the `responses` of an operation for the errors that it can answer."""
    schema = {"application/problem+json": {"schema": ProblemSchema}}
    named = {401: "no valid token", 403: "not permitted", 404: "no such thing", 409: "somebody was first",
             422: "cannot be used", 429: "too many requests", 503: "try again later"}  # fmt: skip
    return {str(status): {"description": named[status], "content": schema} for status in (401, *statuses, 429, 503)}
