"""Tables are shaped for more than one database: rows of a case say whose they are."""

from engine import tables

#: rows of a case that are found by it alone; docs/operations.md names them
BY_CASE_ALONE = {
    "case_link", "case_sealing", "case_search", "fund_entry", "fund_reservation", "objection",
    "proposal_follower", "proposal_second",
}  # fmt: skip


def test_rows_of_a_case_carry_its_jurisdiction() -> None:
    bound = {
        table.name: table
        for table in tables.metadata.sorted_tables
        if any(key.target_fullname == "case.id" for key in table.foreign_keys) or "case_id" in table.c
    }
    assert len(bound) > 15
    assert {name for name, table in bound.items() if "jurisdiction" not in table.c} == BY_CASE_ALONE


def test_ids_are_made_by_whoever_writes_so_that_no_database_has_to_number_them() -> None:
    numbered = [
        table.name for table in tables.metadata.sorted_tables for column in table.primary_key if column.identity
    ]
    assert numbered == []
