"""A process package (diagrams, forms, decisions, texts) is read, checked, deployed as a version, activated."""

from engine.definitions.loading import LoadedVersion, assemble, load
from engine.definitions.models import ProcessVersion, VersionState
from engine.definitions.package import Package
from engine.definitions.service import activate_version, active_version, deploy

__all__ = [
    "LoadedVersion",
    "Package",
    "ProcessVersion",
    "VersionState",
    "activate_version",
    "active_version",
    "assemble",
    "deploy",
    "load",
]
