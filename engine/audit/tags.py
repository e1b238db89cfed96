"""What can happen, by name."""

from enum import StrEnum


class Tag(StrEnum):
    """`subject:action`, or `subject:thing:action` where it happened to a thing of the subject."""

    #: a matter was filed and has a number
    CASE_FILED = "case:filed"
    #: it reached an end state
    CASE_ENDED = "case:ended"
    #: its category, place or title was corrected
    CASE_CORRECTED = "case:corrected"
    #: the resident took it back
    CASE_WITHDRAWN = "case:withdrawn"
    #: somebody took up what the process offers: a refusal, an objection, a request for review
    CASE_OFFER_TAKEN = "case:offer:taken"
    #: it is handled together with an earlier report of the same matter
    CASE_MERGED = "case:merged"
    #: it goes on, or a part of it does, as a case of another process
    CASE_CONVERTED = "case:converted"
    #: it was opened again
    CASE_REOPENED = "case:reopened"
    #: ten wrong PINs closed the way in by number and PIN
    CASE_PIN_CLOSED = "case:pin:closed"
    #: the resident said how content they are
    CASE_RATED = "case:rating:given"
    #: somebody reads along, or no longer does
    CASE_COPIED = "case:copy:sent"
    CASE_COPY_REMOVED = "case:copy:removed"
    #: somebody beside the petitioner became a party
    CASE_PARTY_ADDED = "case:party:added"
    #: somebody is no longer a party; their way in is closed
    CASE_PARTY_REMOVED = "case:party:removed"
    #: what is written of a party was corrected
    CASE_PARTY_CORRECTED = "case:party:corrected"
    #: a party's way in was printed; an earlier one is closed
    CASE_PARTY_SLIP = "case:party:slip"
    CASE_COMMENTED = "case:comment:added"
    CASE_ATTACHED = "case:attachment:added"
    #: staff added a file that the resident does not see
    CASE_ATTACHED_INTERNALLY = "case:attachment:kept"
    CASE_DOCUMENT_ISSUED = "case:document:issued"
    CASE_DOCUMENT_SERVED = "case:document:served"
    #: a record of service was wrong
    CASE_SERVICE_REVOKED = "case:service:revoked"
    #: a copy of the file was handed to the resident
    CASE_EXPORTED = "case:copy:exported"
    #: somebody looked at what identifies the resident
    CASE_PERSONAL_READ = "case:personal:read"
    #: what identifies the resident was erased
    CASE_PERSONAL_ERASED = "case:personal:erased"

    #: something of it was made public
    CASE_PUBLISHED = "case:published"

    #: how much a community has a year
    FUND_YEARLY_SET = "fund:yearly:set"
    FUND_GRANTED = "fund:granted"
    FUND_RESERVED = "fund:reserved"
    FUND_PAID = "fund:paid"
    FUND_RELEASED = "fund:released"

    INSTANCE_STARTED = "instance:started"
    INSTANCE_COMPLETED = "instance:completed"
    INSTANCE_CANCELLED = "instance:cancelled"
    INSTANCE_SUSPENDED = "instance:suspended"
    INSTANCE_RESUMED = "instance:resumed"
    INSTANCE_MIGRATED = "instance:migrated"
    #: a step that no person does: a decision, a script, a call
    INSTANCE_STEP_DONE = "instance:step:done"
    INSTANCE_MESSAGE_RECEIVED = "instance:message:received"

    WORK_ITEM_CREATED = "work_item:created"
    #: everybody who comes first did an earlier round: somebody else has it
    WORK_ITEM_REDIRECTED = "work_item:redirected"
    WORK_ITEM_CLAIMED = "work_item:claimed"
    WORK_ITEM_RELEASED = "work_item:released"
    WORK_ITEM_ASSIGNED = "work_item:assigned"
    WORK_ITEM_DELEGATED = "work_item:delegated"
    #: what was delegated came back, done, for the owner to confirm
    WORK_ITEM_HANDED_BACK = "work_item:handed_back"
    WORK_ITEM_TRANSFERRED = "work_item:transferred"
    #: whoever gave it away took it back
    WORK_ITEM_RECALLED = "work_item:recalled"
    WORK_ITEM_RETURNED = "work_item:returned"
    WORK_ITEM_COMPLETED = "work_item:completed"
    #: the process no longer needs it
    WORK_ITEM_WITHDRAWN = "work_item:withdrawn"
    #: whoever completed it took that back
    WORK_ITEM_REOPENED = "work_item:reopened"
    WORK_ITEM_URGED = "work_item:urged"
    CO_HANDLER_ASKED = "work_item:co_handler:asked"
    CO_HANDLER_ANSWERED = "work_item:co_handler:answered"
    CO_HANDLER_REMOVED = "work_item:co_handler:removed"

    TIMER_FIRED = "timer:fired"

    CLOCK_STARTED = "clock:started"
    CLOCK_STOPPED = "clock:stopped"
    CLOCK_CANCELLED = "clock:cancelled"
    CLOCK_EXTENDED = "clock:extended"
    CLOCK_SUSPENDED = "clock:suspended"
    CLOCK_RESUMED = "clock:resumed"
    CLOCK_RECOMPUTED = "clock:recomputed"
    RUNG_FIRED = "clock:rung:fired"
    RUNG_SKIPPED = "clock:rung:skipped"
    RUNG_ACKNOWLEDGED = "clock:rung:acknowledged"
    RUNG_SIGNED = "clock:rung:signed"
    #: nobody signed it in time; who may was asked again
    RUNG_UNSIGNED = "clock:rung:unsigned"
    #: nobody acknowledged it in time; it went to the next one up
    RUNG_UNACKNOWLEDGED = "clock:rung:unacknowledged"

    NOTICE_QUEUED = "notice:queued"
    NOTICE_SENT = "notice:sent"
    NOTICE_FAILED = "notice:failed"

    INCIDENT_RAISED = "incident:raised"
    INCIDENT_RETRIED = "incident:retried"
    INCIDENT_RESOLVED = "incident:resolved"

    PROCESS_DEPLOYED = "process:version:deployed"
    PROCESS_ACTIVATED = "process:version:activated"
    #: deployed although a scenario of the package no longer ends as recorded
    PROCESS_SCENARIOS_OVERRULED = "process:scenarios:overruled"
    #: designers work on the next version
    PROCESS_DRAFT_OPENED = "process:draft:opened"
    #: somebody else than before works on it, or goes on after a pause; not every save
    PROCESS_DRAFT_EDITED = "process:draft:edited"
    PROCESS_DRAFT_DEPLOYED = "process:draft:deployed"
    PROCESS_DRAFT_DISCARDED = "process:draft:discarded"

    UNIT_CHANGED = "organisation:unit:changed"
    STAFF_CHANGED = "organisation:staff:changed"
    MEMBERSHIP_GRANTED = "organisation:membership:granted"
    MEMBERSHIP_ENDED = "organisation:membership:ended"
    ABSENCE_SET = "organisation:absence:set"
    ABSENCE_ENDED = "organisation:absence:ended"
    CALENDAR_IMPORTED = "organisation:calendar:imported"
    #: a day was put on or off by hand
    CALENDAR_DAY_SET = "organisation:calendar:day_set"
    DUTY_HOURS_SET = "organisation:duty_hours:set"
    #: a way out for notices was set up, changed, switched on or off
    CONNECTOR_CHANGED = "organisation:connector:changed"
    #: after a restore, notices are sent again
    NOTICES_RELEASED = "organisation:notices:released"
    #: what was kept for its period was deleted: which rule, how much, from before when
    RETENTION_FORGOTTEN = "organisation:retention:forgotten"
    #: how long something is kept was changed
    RETENTION_SET = "organisation:retention:set"

    SIGNED_IN = "account:session:opened"
    SIGN_IN_FAILED = "account:session:refused"
    SIGNED_OUT = "account:session:closed"
    PASSWORD_CHANGED = "account:password:changed"  # noqa: S105 - the name of an event, no password
    TOKEN_ISSUED = "account:token:issued"  # noqa: S105 - likewise
    TOKEN_REVOKED = "account:token:revoked"  # noqa: S105 - likewise
    FEED_OPENED = "account:calendar:opened"
    FEED_CLOSED = "account:calendar:closed"
