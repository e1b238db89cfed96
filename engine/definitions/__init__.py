"""A process package (diagrams, forms, decisions, texts) is read, checked, deployed as a version, activated."""

from engine.definitions.check import check
from engine.definitions.comparing import Change, ChangeKind, compare
from engine.definitions.loading import LoadedVersion, assemble, load
from engine.definitions.models import ProcessVersion, VersionState
from engine.definitions.package import Package
from engine.definitions.service import activate_version, active_version, deploy, versions
from engine.spiff.findings import Finding, Severity

__all__ = [
    "Change",
    "ChangeKind",
    "Finding",
    "LoadedVersion",
    "Package",
    "ProcessVersion",
    "Severity",
    "VersionState",
    "activate_version",
    "active_version",
    "assemble",
    "check",
    "compare",
    "deploy",
    "load",
    "versions",
]
