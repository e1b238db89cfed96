-- Keeps the events of matters (audit_event) in a partition for each month. PostgreSQL 13 or newer.
--
--     psql --set ON_ERROR_STOP=1 --file partition_events.sql "$ADDRESS"
--
-- The first run makes the table that is there the first partition, without rewriting it, and adds this and the coming
-- months; it holds up everybody for as long as PostgreSQL reads the table once. Every other run, once a month, adds the
-- months that are not there yet. A month that nobody added in time lies in audit_event_later; the next run moves it.
--
-- Ids are UUIDv7 and begin with their time: they are what the table is divided by, so that the primary key stays.
-- A case's numbers (case_id, seq) and the numbers of seals are unique within each partition; `chuishao audit verify`
-- looks at them over all.
DO $$
DECLARE
    whole constant boolean := (SELECT relkind = 'r' FROM pg_class WHERE oid = 'audit_event'::regclass);
    month timestamptz;
    lower_id uuid;
    upper_id uuid;
    part text;
BEGIN
    SET LOCAL lock_timeout = '5s';
    SET LOCAL timezone = 'UTC';
    month := date_trunc('month', now());
    LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE;
    IF whole THEN
        month := month + interval '1 month';
        upper_id := (lpad(to_hex((extract(epoch FROM month) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;
        ALTER TABLE audit_event RENAME TO audit_event_before;
        ALTER INDEX pk_audit_event RENAME TO pk_audit_event_before;
        ALTER INDEX uq_audit_event_case_id_seq RENAME TO uq_audit_event_case_id_seq_before;
        ALTER INDEX uq_audit_event_jurisdiction_seal_number RENAME TO uq_audit_event_jurisdiction_seal_number_before;
        ALTER INDEX ix_audit_event_unsealed RENAME TO ix_audit_event_unsealed_before;
        CREATE TABLE audit_event (LIKE audit_event_before INCLUDING DEFAULTS) PARTITION BY RANGE (id);
        ALTER TABLE audit_event ADD CONSTRAINT pk_audit_event PRIMARY KEY (id);
        ALTER TABLE audit_event ADD CONSTRAINT fk_audit_event_case_id FOREIGN KEY (case_id) REFERENCES "case" (id);
        CREATE INDEX ix_audit_event_unsealed ON audit_event (at, case_id, seq, id) WHERE seal IS NULL;
        EXECUTE format('ALTER TABLE audit_event ATTACH PARTITION audit_event_before FOR VALUES FROM (MINVALUE) TO (%L)',
                       upper_id);
        CREATE TABLE audit_event_later PARTITION OF audit_event DEFAULT;
        CREATE UNIQUE INDEX uq_audit_event_case_id_seq_later ON audit_event_later (case_id, seq);
        CREATE UNIQUE INDEX uq_audit_event_jurisdiction_seal_number_later
            ON audit_event_later (jurisdiction, seal_number);
    END IF;
    FOR number IN 0..(CASE WHEN whole THEN 2 ELSE 3 END) LOOP
        lower_id := (lpad(to_hex((extract(epoch FROM month) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;
        month := month + interval '1 month';
        upper_id := (lpad(to_hex((extract(epoch FROM month) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;
        part := to_char(month - interval '1 day', '"audit_event_"YYYY_MM');
        CONTINUE WHEN to_regclass(part) IS NOT NULL OR EXISTS (
            SELECT 1 FROM pg_class
            WHERE oid = 'audit_event_before'::regclass
              AND pg_get_expr(relpartbound, oid) LIKE format('%%TO (%L)', upper_id)
        );
        EXECUTE format('CREATE TABLE %I (LIKE audit_event INCLUDING DEFAULTS)', part);
        EXECUTE format('WITH moved AS (DELETE FROM audit_event_later WHERE id >= %L AND id < %L RETURNING *)'
                       ' INSERT INTO %I SELECT * FROM moved', lower_id, upper_id, part);
        EXECUTE format('CREATE UNIQUE INDEX %I ON %I (case_id, seq)',
                       replace(part, 'audit_event', 'uq_audit_event_case_id_seq'), part);
        EXECUTE format('CREATE UNIQUE INDEX %I ON %I (jurisdiction, seal_number)',
                       replace(part, 'audit_event', 'uq_audit_event_jurisdiction_seal'), part);
        EXECUTE format('ALTER TABLE audit_event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                       part, lower_id, upper_id);
    END LOOP;
END $$;
