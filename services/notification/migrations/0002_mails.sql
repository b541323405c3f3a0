-- Up Migration

-- Mails to be sent, by lane; a row goes when its mail has been taken over by the mail server. What is left with failed_at was given up.
CREATE TABLE mails (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  lane text NOT NULL CHECK (lane IN ('order', 'marketing')),
  -- One mail for each: says which it is to the database, and to every mail server it passes.
  message_id text NOT NULL UNIQUE,
  recipient text NOT NULL,
  subject text NOT NULL,
  body text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  -- Not before then: a later try, or another replica is at it.
  due_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  failed_at timestamptz,
  failure text CHECK ((failure IS NULL) OR (attempts > 0))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX mails_due ON mails (lane, due_at) WHERE failed_at IS NULL;

-- Down Migration

DROP TABLE mails;
