-- Up Migration

-- No event of the intake's outbox with a lower id is unpublished, and none will be: the relay reads
-- from here on. It does not read deleted rows below the bound again, even while an old snapshot (a
-- dump, a report, a replica's feedback) keeps vacuum from removing them.
CREATE TABLE intake_outbox_bound (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  from_id bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
INSERT INTO intake_outbox_bound DEFAULT VALUES;

-- Down Migration

DROP TABLE intake_outbox_bound;
