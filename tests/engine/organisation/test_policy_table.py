"""The whole table, cell by cell, against a matrix that was written by hand and not derived from it."""

import itertools

import pytest

from engine.organisation.policy_table import TABLE, Action, Field, Grant, Relation
from engine.organisation.roles import TECHNICAL, Role

LETTERS = {
    "n": Field.NUMBER, "k": Field.KIND, "s": Field.STATE, "p": Field.PROGRESS, "d": Field.DUE, "o": Field.OWNER,
    "g": Field.CATEGORY, "l": Field.PLACE, "f": Field.FILED_AT,
    "t": Field.TITLE, "x": Field.TEXT, "a": Field.ADDRESS, "h": Field.CHANNEL,
    "N": Field.PETITIONER_NAME, "C": Field.PETITIONER_CONTACT,
    "A": Field.ATTACHMENTS, "D": Field.DOCUMENTS, "T": Field.TIMELINE,
    "I": Field.TIMELINE_INTERNAL, "m": Field.COMMENTS, "r": Field.RATINGS, "c": Field.CLOCKS, "b": Field.DIAGRAM,
    "K": Field.DATA_KEYS, "E": Field.INCIDENT_DETAILS,
}  # fmt: skip

# role, relation | card | matter | person | files and story | inside | machine | actions
MATRIX = """
resident        petitioner   | nkspdoglf | txah | NC | ADT | r     |    | view_case rate withdraw reopen export_copy attach
resident        party        | nkspdoglf | txh  | N  | ADT |       |    | view_case export_copy
resident        system       |           |      |    |     |       |    | file_case

grid_worker     assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
grid_worker     participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back reopen
grid_worker     same_unit    | nkspdoglf | txah |    | ADT | cb    |    | view_case reopen
grid_worker     above        | nkspdoglf | ta   |    |     |       |    | view_case reopen
grid_worker     system       |           |      |    |     |       |    | view_inbox search_cases file_case set_substitute

community       assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
community       participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back reopen
community       same_unit    | nkspdoglf | txah |    | ADT | cb    |    | view_case reopen
community       above        | nkspdoglf | ta   |    |     |       |    | view_case reopen
community       system       |           |      |    |     |       |    | view_inbox search_cases file_case set_substitute

street_centre   assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
street_centre   participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back reopen
street_centre   same_unit    | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment urge reopen
street_centre   above        | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment urge reopen
street_centre   system       |           |      |    |     |       |    | view_inbox search_cases file_case view_statistics set_substitute

street_leader   assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
street_leader   participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back
street_leader   same_unit    | nkspdoglf | txah | N  | ADT | Imrcb |    | view_case comment urge assign release acknowledge copy_in
street_leader   above        | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment urge assign acknowledge
street_leader   system       |           |      |    |     |       |    | view_inbox search_cases manage_funds view_escalations view_statistics set_substitute

handler         assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
handler         participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back
handler         same_unit    | nkspdoglf | txah |    | ADT | cb    |    | view_case
handler         system       |           |      |    |     |       |    | view_inbox search_cases set_substitute

department_lead assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
department_lead participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back
department_lead same_unit    | nkspdoglf | txah | N  | ADT | Imrcb |    | view_case comment urge assign release acknowledge copy_in
department_lead above        | nkspdoglf | txah | N  | ADT | Imrcb |    | view_case comment urge assign release acknowledge copy_in
department_lead system       |           |      |    |     |       |    | view_inbox search_cases view_escalations view_statistics set_substitute

supervision     assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
supervision     participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back
supervision     same_unit    | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment urge acknowledge sign assign
supervision     supervision  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment urge acknowledge sign
supervision     system       |           |      |    |     |       |    | view_inbox search_cases view_escalations view_statistics set_substitute

callback        assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
callback        participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back
callback        same_unit    | nkspdoglf | txah |    | ADT | cb    |    | view_case
callback        system       |           |      |    |     |       |    | view_inbox search_cases set_substitute

shift_lead      assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
shift_lead      participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back
shift_lead      same_unit    | nkspdoglf | txah |    | ADT | cb    |    | view_case
shift_lead      above        | nkspdoglf | t    |    |     |       |    | view_case
shift_lead      system       |           |      |    |     |       |    | view_inbox search_cases file_case set_substitute

main_leader     assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
main_leader     participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back
main_leader     same_unit    | nkspdoglf | txah | N  | ADT | Imrcb |    | view_case comment urge assign release acknowledge sign copy_in
main_leader     above        | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment urge acknowledge sign
main_leader     system       |           |      |    |     |       |    | view_inbox search_cases view_escalations view_statistics set_substitute

mediator        assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
mediator        participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back reopen
mediator        system       |           |      |    |     |       |    | view_inbox search_cases file_case set_substitute

mediation_chair assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
mediation_chair participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back reopen
mediation_chair same_unit    | nkspdoglf | txah |    | ADT | cb    |    | view_case reopen
mediation_chair system       |           |      |    |     |       |    | view_inbox search_cases file_case set_substitute

judicial_office assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
judicial_office participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back
judicial_office system       |           |      |    |     |       |    | view_inbox search_cases set_substitute

court           assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
court           participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back
court           system       |           |      |    |     |       |    | view_inbox search_cases set_substitute

agent           assignee     | nkspdoglf | txah | NC | ADT |       |    | view_case claim release save_draft complete attach
agent           system       |           |      |    |     |       |    | view_inbox search_cases file_case set_substitute

petition_office assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
petition_office participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back reopen
petition_office same_unit    | nkspdoglf | txah |    | ADT | cb    |    | view_case reopen
petition_office system       |           |      |    |     |       |    | view_inbox search_cases file_case set_substitute

review_body     assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
review_body     participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back
review_body     system       |           |      |    |     |       |    | view_inbox search_cases set_substitute

rereview_body   assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
rereview_body   participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back
rereview_body   system       |           |      |    |     |       |    | view_inbox search_cases set_substitute

discipline      assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
discipline      participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back
discipline      system       |           |      |    |     |       |    | view_inbox search_cases file_case set_substitute

party_organisation assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
party_organisation participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back
party_organisation same_unit    | nkspdoglf | txah |    | ADT | cb    |    | view_case
party_organisation system       |           |      |    |     |       |    | view_inbox search_cases file_case set_substitute

residents_committee assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
residents_committee participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back reopen
residents_committee same_unit    | nkspdoglf | txah |    | ADT | cb    |    | view_case reopen
residents_committee system       |           |      |    |     |       |    | view_inbox search_cases file_case set_substitute

council         assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
council         participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back
council         same_unit    | nkspdoglf | txah |    | ADT | cb    |    | view_case
council         system       |           |      |    |     |       |    | view_inbox search_cases set_substitute

owners_committee assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
owners_committee participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back
owners_committee same_unit    | nkspdoglf | txah |    | ADT | cb    |    | view_case
owners_committee system       |           |      |    |     |       |    | view_inbox search_cases set_substitute

supervisory_committee assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
supervisory_committee participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back
supervisory_committee same_unit    | nkspdoglf | txah |    | ADT | cb    |    | view_case
supervisory_committee system       |           |      |    |     |       |    | view_inbox search_cases set_substitute

finance         assignee     | nkspdoglf | txah | NC | ADT | Imrcb |    | view_case claim release save_draft complete comment attach serve delegate transfer return co_handle copy_in merge
finance         participant  | nkspdoglf | txah |    | ADT | Imrcb |    | view_case comment serve urge take_back
finance         same_unit    | nkspdoglf | txah |    | ADT | cb    |    | view_case
finance         system       |           |      |    |     |       |    | view_inbox search_cases manage_funds set_substitute

designer        system       |           |      |    |     |       |    | view_processes edit_process deploy_process view_statistics
operator        none         | nks       |      |    |     | cb    | KE | view_instance retry_incident suspend_instance migrate_instance
operator        system       |           |      |    |     |       |    | view_incidents view_processes resend_notice manage_connectors manage_calendars
admin           system       |           |      |    |     |       |    | manage_organisation manage_staff manage_calendars manage_tokens view_processes verify_audit manage_connectors
"""  # noqa: E501 - a matrix is read by its columns


def expected() -> dict[tuple[Role, Relation], Grant]:
    rows = {}
    for line in filter(None, MATRIX.splitlines()):
        who, *fields, actions = line.split("|")
        role, relation = who.split()
        letters = "".join(fields).replace(" ", "")
        assert len(set(letters)) == len(letters)
        rows[Role(role), Relation(relation)] = Grant(
            fields=frozenset(LETTERS[letter] for letter in letters),
            actions=frozenset(Action(action) for action in actions.split()),
        )
    return rows


EXPECTED = expected()


@pytest.mark.parametrize(("role", "relation"), list(itertools.product(Role, Relation)), ids=str)
def test_the_table_grants_what_the_matrix_says_and_nothing_else(role: Role, relation: Relation) -> None:
    granted, wanted = TABLE.get((role, relation), Grant()), EXPECTED.get((role, relation), Grant())
    for field in Field:
        assert (field in granted.fields) == (field in wanted.fields), field
    for action in Action:
        assert (action in granted.actions) == (action in wanted.actions), action


def test_every_field_has_a_column() -> None:
    assert set(LETTERS.values()) == set(Field)


PERSONAL = {
    Field.PETITIONER_NAME, Field.PETITIONER_CONTACT, Field.TEXT, Field.TITLE, Field.ADDRESS, Field.ATTACHMENTS,
    Field.DOCUMENTS, Field.COMMENTS, Field.RATINGS, Field.TIMELINE, Field.TIMELINE_INTERNAL,
}  # fmt: skip


@pytest.mark.parametrize("role", sorted(TECHNICAL))
@pytest.mark.parametrize("relation", Relation)
def test_technical_roles_see_nothing_that_a_resident_wrote_or_is(role: Role, relation: Relation) -> None:
    assert not TABLE.get((role, relation), Grant()).fields & PERSONAL


def test_a_telephone_number_is_for_the_petitioner_and_for_whoever_has_the_work() -> None:
    holders = {relation for (_, relation), grant in TABLE.items() if Field.PETITIONER_CONTACT in grant.fields}
    assert holders == {Relation.PETITIONER, Relation.ASSIGNEE}


def test_ratings_are_given_by_residents_only() -> None:
    assert {role for (role, _), grant in TABLE.items() if Action.RATE in grant.actions} == {Role.RESIDENT}


def test_the_table_cannot_be_changed_at_run_time() -> None:
    with pytest.raises(TypeError):
        TABLE[Role.ADMIN, Relation.NONE] = Grant()  # type: ignore[index]
