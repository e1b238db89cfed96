"""What the verbs of a task take and answer."""

from marshmallow import RAISE, Schema, fields, validate

from web.api.schemas import Name

_NOTE = validate.Length(max=500)


class _Body(Schema):
    class Meta:
        unknown = RAISE


class NoteSchema(_Body):
    """A word to whoever gets it."""

    note = fields.String(load_default="", validate=_NOTE)


class PassOnSchema(NoteSchema):
    """To whom: an id, a login, or a name that only one person has."""

    to = fields.String(required=True, validate=validate.Length(min=1, max=120))


class QuestionSchema(_Body):
    """Whom to ask, and what."""

    to = fields.String(required=True, validate=validate.Length(min=1, max=120))
    question = fields.String(required=True, validate=validate.Length(min=1, max=2000))


class HandBackSchema(NoteSchema):
    """What was filled in, as the form sends it; its owner checks it."""

    data = fields.Dict(keys=fields.String(), load_default=dict)


class ExtensionSchema(_Body):
    """How many working days more, and why."""

    days = fields.Integer(required=True, validate=validate.Range(min=1, max=90))
    reason = fields.String(required=True, validate=validate.Length(min=4, max=600))


class MergeSchema(_Body):
    """The number of the other case, and why it is the same matter."""

    into = fields.String(required=True, validate=validate.Length(min=1, max=40))
    reason = fields.String(required=True, validate=validate.Length(min=1, max=500))


class ReturnSchema(_Body):
    """To which finished step, and why."""

    step = fields.UUID(required=True)
    reason = fields.String(required=True, validate=validate.Length(min=1, max=500))


class FinishedSchema(Schema):
    """A finished step, and the open tasks that going back to it would withdraw."""

    id = fields.UUID(required=True)
    name = Name(required=True)
    completed_by = fields.String(required=True, allow_none=True)
    completed_at = fields.AwareDateTime(required=True)
    withdraws = fields.List(fields.UUID(), required=True)


class FinishedPage(Schema):
    """Finished steps, the latest first."""

    items = fields.List(fields.Nested(FinishedSchema), required=True)


class MovedSchema(Schema):
    """The tasks that came to be, and those that were withdrawn."""

    next_items = fields.List(fields.UUID(), required=True)
    withdrawn_items = fields.List(fields.UUID(), required=True)


class CopiedSchema(Schema):
    """Somebody who reads along."""

    id = fields.UUID(required=True)
    case_id = fields.UUID(required=True)
    staff_id = fields.UUID(required=True)
    at = fields.AwareDateTime(required=True)


class AnswerSchema(_Body):
    """What a co-handler says."""

    text = fields.String(required=True, validate=validate.Length(min=1, max=2000))


class CoHandlerSchema(Schema):
    """A request to a co-handler."""

    id = fields.UUID(required=True)
    work_item_id = fields.UUID(required=True)
    staff_id = fields.UUID(required=True)
    question = fields.String(required=True)
    answer = fields.String(allow_none=True)
    state = fields.String(required=True)
    asked_at = fields.AwareDateTime(required=True)
