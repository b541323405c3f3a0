-- Up Migration

-- Mails to send, by lane. A row is deleted when the mail server has accepted its mail. A row with
-- failed_at was given up.
CREATE TABLE mails (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  lane text NOT NULL CHECK (lane IN ('order', 'marketing')),
  -- The id of the mail, for the database and for every mail server on the way.
  message_id text NOT NULL UNIQUE,
  recipient text NOT NULL,
  subject text NOT NULL,
  body text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  -- The earliest time of the next attempt; also the lease of a replica that is sending the mail.
  due_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  failed_at timestamptz,
  failure text CHECK ((failure IS NULL) OR (attempts > 0))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX mails_due ON mails (lane, due_at) WHERE failed_at IS NULL;

-- Down Migration

DROP TABLE mails;
