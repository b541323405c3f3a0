-- Up Migration

-- No event of the intake's outbox with a lower id is unpublished, and none will be: the relay looks from here on. What it has deleted
-- below is not read again, even while an old snapshot (a dump, a report, a replica's feedback) keeps vacuum from removing it.
CREATE TABLE intake_outbox_bound (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  from_id bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
INSERT INTO intake_outbox_bound DEFAULT VALUES;

-- Down Migration

DROP TABLE intake_outbox_bound;
