"""The one table that says who may see and do what. What it does not say is denied."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from engine.organisation.roles import Role


class Relation(StrEnum):
    """What a viewer has to do with a case. Each of a person's memberships has its own relations."""

    #: filed it, or was told its tracking code and PIN
    PETITIONER = "petitioner"
    #: is concerned beside the petitioner, and was given a slip of their own
    PARTY = "party"
    #: owns an open work item of it, or could take one
    ASSIGNEE = "assignee"
    #: did a step of it
    PARTICIPANT = "participant"
    #: their unit has or had a work item of it
    SAME_UNIT = "same_unit"
    #: their unit, or the unit that their office belongs to, covers its place or lies above a unit that worked on it
    ABOVE = "above"
    #: sits in a supervision office whose unit covers it
    SUPERVISION = "supervision"
    #: nothing but the same jurisdiction: held by every member of staff towards every case there
    NONE = "none"
    #: no case is meant, but the application itself
    SYSTEM = "system"


class Field(StrEnum):
    """What can be seen of a case."""

    NUMBER = "number"
    KIND = "kind"
    STATE = "state"
    #: the plain-language steps
    PROGRESS = "progress"
    DUE = "due"
    #: which unit or person has it now
    OWNER = "owner"
    CATEGORY = "category"
    #: the grid unit of the matter
    PLACE = "place"
    FILED_AT = "filed_at"
    TITLE = "title"
    TEXT = "text"
    ADDRESS = "address"
    CHANNEL = "channel"
    PETITIONER_NAME = "petitioner_name"
    #: telephone number and e-mail address
    PETITIONER_CONTACT = "petitioner_contact"
    ATTACHMENTS = "attachments"
    DOCUMENTS = "documents"
    #: what the resident is told of the story
    TIMELINE = "timeline"
    #: claims, releases, escalations and other steps among staff
    TIMELINE_INTERNAL = "timeline_internal"
    COMMENTS = "comments"
    RATINGS = "ratings"
    #: deadlines with their explanation and rungs
    CLOCKS = "clocks"
    #: the diagram with the tokens of this case
    DIAGRAM = "diagram"
    #: names, never values, of the process data
    DATA_KEYS = "data_keys"
    INCIDENT_DETAILS = "incident_details"


class Action(StrEnum):
    """What can be done."""

    # to a case
    VIEW_CASE = "view_case"
    RATE = "rate"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    #: take a copy of the own file
    EXPORT_COPY = "export_copy"
    ATTACH = "attach"
    COMMENT = "comment"
    #: record that a document was served by hand or by post
    SERVE = "serve"
    CLAIM = "claim"
    #: give back an item; leads may give back a colleague's
    RELEASE = "release"
    SAVE_DRAFT = "save_draft"
    COMPLETE = "complete"
    #: give an item to somebody of the own unit
    ASSIGN = "assign"
    #: let somebody do an item that comes back for confirmation
    DELEGATE = "delegate"
    #: give an item away; it does not come back
    TRANSFER = "transfer"
    #: send the work back to a finished step
    RETURN = "return"
    #: take back one's own completion
    TAKE_BACK = "take_back"
    #: ask somebody to answer beside the owner
    CO_HANDLE = "co_handle"
    #: let somebody read along
    COPY_IN = "copy_in"
    #: handle a duplicate together with an earlier report
    MERGE = "merge"
    URGE = "urge"
    #: confirm that an escalation was read
    ACKNOWLEDGE = "acknowledge"
    #: sign a supervision slip
    SIGN = "sign"
    VIEW_INSTANCE = "view_instance"
    RETRY_INCIDENT = "retry_incident"
    SUSPEND_INSTANCE = "suspend_instance"
    MIGRATE_INSTANCE = "migrate_instance"

    # in the application
    FILE_CASE = "file_case"
    VIEW_INBOX = "view_inbox"
    #: name a substitute for an absence of one's own
    SET_SUBSTITUTE = "set_substitute"
    SEARCH_CASES = "search_cases"
    #: grant the communities' funds of a year, and read their ledgers
    MANAGE_FUNDS = "manage_funds"
    VIEW_ESCALATIONS = "view_escalations"
    VIEW_STATISTICS = "view_statistics"
    VIEW_PROCESSES = "view_processes"
    EDIT_PROCESS = "edit_process"
    DEPLOY_PROCESS = "deploy_process"
    VIEW_INCIDENTS = "view_incidents"
    RESEND_NOTICE = "resend_notice"
    VERIFY_AUDIT = "verify_audit"
    MANAGE_ORGANISATION = "manage_organisation"
    MANAGE_STAFF = "manage_staff"
    MANAGE_CALENDARS = "manage_calendars"
    MANAGE_TOKENS = "manage_tokens"
    #: set up ways out for notices, and see which addresses are unusable
    MANAGE_CONNECTORS = "manage_connectors"


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a role may see and do under a relation."""

    fields: frozenset[Field] = frozenset()
    actions: frozenset[Action] = frozenset()


F, A = Field, Action

# sets of fields, each with what the one before it has
_CARD = frozenset({F.NUMBER, F.KIND, F.STATE, F.PROGRESS, F.DUE, F.OWNER, F.CATEGORY, F.PLACE, F.FILED_AT})
_MATTER = _CARD | {F.TITLE, F.TEXT, F.ADDRESS, F.CHANNEL, F.ATTACHMENTS, F.DOCUMENTS, F.TIMELINE}
_WORK = _MATTER | {F.TIMELINE_INTERNAL, F.COMMENTS, F.RATINGS, F.CLOCKS, F.DIAGRAM}
_NAME = frozenset({F.PETITIONER_NAME})
_PERSON = _NAME | {F.PETITIONER_CONTACT}
_MACHINE = frozenset({F.NUMBER, F.KIND, F.STATE, F.CLOCKS, F.DIAGRAM, F.DATA_KEYS, F.INCIDENT_DETAILS})

# roles that are granted the same
_GRID = (Role.GRID_WORKER, Role.COMMUNITY)
_DESK = (
    *_GRID, Role.STREET_CENTRE, Role.PETITION_OFFICE, Role.MEDIATION_CHAIR, Role.MEDIATOR, Role.RESIDENTS_COMMITTEE,
)  # fmt: skip
_MEDIATION = (Role.MEDIATOR, Role.JUDICIAL_OFFICE, Role.COURT)
_AGENCY = (Role.AGENT, Role.PETITION_OFFICE, Role.REVIEW_BODY, Role.REREVIEW_BODY, Role.DISCIPLINE)
_SELF_GOVERNMENT = (
    Role.PARTY_ORGANISATION,
    Role.RESIDENTS_COMMITTEE,
    Role.COUNCIL,
    Role.OWNERS_COMMITTEE,
    Role.SUPERVISORY_COMMITTEE,
    Role.FINANCE,
)
#: they read what their unit works on; an agent, a court or a discipline inspector sees only the own work
_WORKERS = (
    *_GRID,
    Role.HANDLER,
    Role.CALLBACK,
    Role.SHIFT_LEAD,
    Role.MEDIATION_CHAIR,
    Role.PETITION_OFFICE,
    *_SELF_GOVERNMENT,
)
_LEADS = (Role.STREET_LEADER, Role.DEPARTMENT_LEAD, Role.MAIN_LEADER)
_ALL_STAFF = tuple(dict.fromkeys((*_WORKERS, *_MEDIATION, *_AGENCY, Role.STREET_CENTRE, *_LEADS, Role.SUPERVISION)))

#: what the holder of an item does with it besides completing it
#: all but the agent, who acts for one resident and has no sight of a matter beyond the own tasks
_RETAINING = tuple(role for role in _ALL_STAFF if role is not Role.AGENT)
_PASSING_ON = {A.DELEGATE, A.TRANSFER, A.RETURN, A.CO_HANDLE, A.COPY_IN, A.MERGE}
_LEADING = {A.VIEW_CASE, A.COMMENT, A.URGE, A.ASSIGN, A.RELEASE, A.ACKNOWLEDGE, A.COPY_IN}
_SUPERVISING = {A.VIEW_CASE, A.COMMENT, A.URGE, A.ACKNOWLEDGE, A.SIGN}

_ROWS: Final[tuple[tuple[tuple[Role, ...], Relation, frozenset[Field], set[Action]], ...]] = (
    # a resident sees the own matter and all that was said to them, and nothing of anybody else's
    (
        (Role.RESIDENT,), Relation.PETITIONER,
        (_MATTER | _PERSON | {F.RATINGS}),
        {A.VIEW_CASE, A.RATE, A.WITHDRAW, A.REOPEN, A.EXPORT_COPY, A.ATTACH},
    ),
    # another party sees the matter as its petitioner does, and not how or where the petitioner is reached
    ((Role.RESIDENT,), Relation.PARTY, (_MATTER | _NAME) - {F.ADDRESS}, {A.VIEW_CASE, A.EXPORT_COPY}),
    ((Role.RESIDENT,), Relation.SYSTEM, frozenset(), {A.FILE_CASE}),
    # whoever has the work, or can take it, reaches the person; nobody else among staff sees a telephone number
    (
        (Role.AGENT,), Relation.ASSIGNEE, _MATTER | _PERSON,
        {A.VIEW_CASE, A.CLAIM, A.RELEASE, A.SAVE_DRAFT, A.COMPLETE, A.ATTACH},
    ),
    (
        _RETAINING, Relation.ASSIGNEE, _WORK | _PERSON,
        {A.VIEW_CASE, A.CLAIM, A.RELEASE, A.SAVE_DRAFT, A.COMPLETE, A.COMMENT, A.ATTACH, A.SERVE} | _PASSING_ON,
    ),
    # what somebody worked on stays readable, without the person; not for an agent, whose sight is the own tasks alone
    (_RETAINING, Relation.PARTICIPANT, _WORK, {A.VIEW_CASE, A.COMMENT, A.SERVE, A.URGE, A.TAKE_BACK}),
    # colleagues read the matter; leads also whose it is, because they answer for the reply
    (_WORKERS, Relation.SAME_UNIT, _MATTER | {F.CLOCKS, F.DIAGRAM}, {A.VIEW_CASE}),
    ((Role.STREET_CENTRE,), Relation.SAME_UNIT, _WORK, {A.VIEW_CASE, A.COMMENT, A.URGE}),
    ((Role.SUPERVISION,), Relation.SAME_UNIT, _WORK, _SUPERVISING | {A.ASSIGN}),
    (_LEADS, Relation.SAME_UNIT, _WORK | _NAME, _LEADING),
    ((Role.MAIN_LEADER,), Relation.SAME_UNIT, _WORK | _NAME, {A.SIGN}),
    # from above: a community knows what is reported in it, a street what its communities and departments do with it
    (_GRID, Relation.ABOVE, _CARD | {F.TITLE, F.ADDRESS}, {A.VIEW_CASE}),
    ((Role.SHIFT_LEAD,), Relation.ABOVE, _CARD | {F.TITLE}, {A.VIEW_CASE}),
    ((Role.STREET_CENTRE,), Relation.ABOVE, _WORK, {A.VIEW_CASE, A.COMMENT, A.URGE}),
    ((Role.STREET_LEADER,), Relation.ABOVE, _WORK, {A.VIEW_CASE, A.COMMENT, A.URGE, A.ASSIGN, A.ACKNOWLEDGE}),
    ((Role.DEPARTMENT_LEAD,), Relation.ABOVE, _WORK | _NAME, _LEADING),
    ((Role.MAIN_LEADER,), Relation.ABOVE, _WORK, {A.VIEW_CASE, A.COMMENT, A.URGE, A.ACKNOWLEDGE, A.SIGN}),
    ((Role.SUPERVISION,), Relation.SUPERVISION, _WORK, _SUPERVISING),
    # at the desk a matter is taken up again for whoever comes in or rings up, by those who could write down a new one
    (_DESK, Relation.PARTICIPANT, frozenset(), {A.REOPEN}),
    (tuple(role for role in _DESK if role is not Role.MEDIATOR), Relation.SAME_UNIT, frozenset(), {A.REOPEN}),
    ((*_GRID, Role.STREET_CENTRE), Relation.ABOVE, frozenset(), {A.REOPEN}),
    # an operator mends the machine and sees no matter
    (
        (Role.OPERATOR,), Relation.NONE, _MACHINE,
        {A.VIEW_INSTANCE, A.RETRY_INCIDENT, A.SUSPEND_INSTANCE, A.MIGRATE_INSTANCE},
    ),
    # the application
    (_ALL_STAFF, Relation.SYSTEM, frozenset(), {A.VIEW_INBOX, A.SEARCH_CASES, A.SET_SUBSTITUTE}),
    (
        (
            *_GRID, Role.STREET_CENTRE, Role.SHIFT_LEAD, Role.MEDIATION_CHAIR, Role.MEDIATOR, Role.AGENT,
            Role.PETITION_OFFICE, Role.DISCIPLINE, Role.RESIDENTS_COMMITTEE, Role.PARTY_ORGANISATION,
        ),
        Relation.SYSTEM, frozenset(), {A.FILE_CASE},
    ),
    ((*_LEADS, Role.SUPERVISION), Relation.SYSTEM, frozenset(), {A.VIEW_ESCALATIONS, A.VIEW_STATISTICS}),
    ((Role.STREET_CENTRE,), Relation.SYSTEM, frozenset(), {A.VIEW_STATISTICS}),
    ((Role.FINANCE, Role.STREET_LEADER), Relation.SYSTEM, frozenset(), {A.MANAGE_FUNDS}),
    (
        (Role.DESIGNER,), Relation.SYSTEM, frozenset(),
        {A.VIEW_PROCESSES, A.EDIT_PROCESS, A.DEPLOY_PROCESS, A.VIEW_STATISTICS},
    ),
    (
        (Role.OPERATOR,), Relation.SYSTEM, frozenset(),
        {A.VIEW_INCIDENTS, A.VIEW_PROCESSES, A.RESEND_NOTICE, A.MANAGE_CONNECTORS, A.MANAGE_CALENDARS},
    ),
    (
        (Role.ADMIN,), Relation.SYSTEM, frozenset(),
        {
            A.MANAGE_ORGANISATION, A.MANAGE_STAFF, A.MANAGE_CALENDARS, A.MANAGE_TOKENS, A.VIEW_PROCESSES,
            A.VERIFY_AUDIT, A.MANAGE_CONNECTORS,
        },
    ),
)  # fmt: skip


def _build() -> Mapping[tuple[Role, Relation], Grant]:
    table: dict[tuple[Role, Relation], Grant] = {}
    for roles, relation, fields, actions in _ROWS:
        for role in roles:
            before = table.get((role, relation), Grant())
            table[role, relation] = Grant(fields=before.fields | fields, actions=before.actions | actions)
    return MappingProxyType(table)


#: (role, relation) → what is granted; a pair that is not here is granted nothing
TABLE: Final = _build()
