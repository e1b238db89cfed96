"""The community fund (为民服务专项经费): a ledger for each community and year, in whole fen, never below zero."""

from engine.funds.grants import set_yearly_grant
from engine.funds.models import FundAccount, FundEntry, FundGrant, FundReservation
from engine.funds.money import fen_of, yuan_text
from engine.funds.service import grant, open_account, pay, release, reserve
from engine.funds.statements import Statement, entries_of_case, statement, statement_of_case

__all__ = [
    "FundAccount",
    "FundEntry",
    "FundGrant",
    "FundReservation",
    "Statement",
    "entries_of_case",
    "fen_of",
    "grant",
    "open_account",
    "pay",
    "release",
    "reserve",
    "set_yearly_grant",
    "statement",
    "statement_of_case",
    "yuan_text",
]
