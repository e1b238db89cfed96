"""The runtime with everything that cases lend it."""

from dataclasses import replace

from engine.cases.converting import CONVERT, converter, tell_origins
from engine.cases.effects import case_hooks
from engine.cases.subject import get_case
from engine.cases.vault import Vault
from engine.instances.hooks import Ended, Step
from engine.instances.runtime import Runtime


def case_runtime(vault: Vault, *, site: str, cache_size: int = 512) -> Runtime:
    """Return a runtime whose processes issue documents, end cases, reach residents and file linked cases.

    Args:
        site: how the application is reached from outside, `https://…`; links in notices begin with it.
        cache_size: see `Runtime`.
    """
    hooks = case_hooks(vault, site=site)
    end_case = hooks.on_end

    def on_end(step: Step, ended: Ended) -> None:
        end_case(step, ended)
        tell_origins(step, runtime, get_case(step.session, step.case_id))

    runtime = Runtime(replace(hooks, on_end=on_end), cache_size=cache_size)
    runtime.register_performer(CONVERT, converter(runtime, vault))
    return runtime
