"""The work item: who may do it, claim, release, draft; the inbox's queries."""
