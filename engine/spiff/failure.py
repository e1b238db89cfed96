"""A step that could not be made."""

from engine.errors import EngineError, Phrase


class StepFailed(EngineError):
    """An expression, a decision or a service of one element failed, and the step with it.

    What was loaded before the step is still as it was; the workflow object that failed must be thrown away.

    Args:
        code: stable name of the mistake.
        element_id: the element that failed, "" when none is to blame.
        process_id: its process.
        task_id: the task, as in `OpenTask.id`.
        expression: the FEEL expression, decision or service that failed, or None.
        reason: what is wrong, for an operator.
        data_keys: names, never values, of the data that the task saw.
    """

    def __init__(
        self,
        code: str,
        *,
        element_id: str,
        process_id: str,
        task_id: str,
        reason: Phrase,
        expression: str | None = None,
        data_keys: tuple[str, ...] = (),
    ) -> None:
        super().__init__(
            code,
            "{element_id} in {process_id} could not be carried out: {reason}",
            element_id=element_id,
            process_id=process_id,
            task_id=task_id,
            expression=expression,
            reason=reason,
            data_keys=list(data_keys),
        )
        self.element_id = element_id
        self.process_id = process_id
        self.task_id = task_id
        self.expression = expression
        self.reason: Phrase = reason
        self.data_keys = data_keys
