"""A process package (diagrams, forms, decisions, texts) is read, checked, deployed as a version, activated."""

from engine.definitions.check import check
from engine.definitions.comparing import Change, ChangeKind, compare
from engine.definitions.draft_ends import deploy_draft, discard_draft
from engine.definitions.drafts import draft_package, open_draft, save_draft_files
from engine.definitions.loading import LoadedVersion, assemble, load
from engine.definitions.models import DraftState, ProcessDraft, ProcessVersion, VersionState
from engine.definitions.package import Package
from engine.definitions.service import activate_version, active_version, active_version_id, deploy, versions
from engine.spiff.findings import Finding, Severity

__all__ = [
    "Change",
    "ChangeKind",
    "DraftState",
    "Finding",
    "LoadedVersion",
    "Package",
    "ProcessDraft",
    "ProcessVersion",
    "Severity",
    "VersionState",
    "activate_version",
    "active_version",
    "active_version_id",
    "assemble",
    "check",
    "compare",
    "deploy",
    "deploy_draft",
    "discard_draft",
    "draft_package",
    "load",
    "open_draft",
    "save_draft_files",
    "versions",
]
