"""The communities' funds: what each has a year, and its ledger."""
