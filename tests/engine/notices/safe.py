"""A safe with a key of its own, as the application has one."""

from typing import Final

from engine.cases.vault import Vault

SAFE: Final = Vault(b"a key that seals what tests keep..")
