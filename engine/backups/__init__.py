"""Backup and restore: the database, the files that its rows name, and the fingerprints of the keys, in one archive."""

from engine.backups.archive import Manifest, read_manifest
from engine.backups.restoring import Restored, restore
from engine.backups.taking import Taken, take

__all__ = ["Manifest", "Restored", "Taken", "read_manifest", "restore", "take"]
