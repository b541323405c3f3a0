-- Run as often as you like, by an administrator; $LOGIN is replaced by the login that the stage connects with.
SELECT pg_advisory_xact_lock(7461129);

DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'fraud_check') THEN
    CREATE ROLE fraud_check NOLOGIN;
  END IF;
END $$;
GRANT fraud_check TO CURRENT_USER;
GRANT fraud_check TO $LOGIN;
CREATE SCHEMA IF NOT EXISTS fraud_check AUTHORIZATION fraud_check;
SET LOCAL ROLE fraud_check;
SET LOCAL search_path TO fraud_check;

-- What customers did, one row an event: the rules count in it, and it tells which events have come before.
CREATE TABLE IF NOT EXISTS sightings (
  event_id uuid PRIMARY KEY,
  kind text NOT NULL,
  customer_id text NOT NULL,
  at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS sightings_of_customer ON sightings (customer_id, kind, at);
CREATE INDEX IF NOT EXISTS sightings_by_age ON sightings USING brin (received_at);

-- What was decided, once an order. Kept, so that a message that comes again after a crash is answered as it was the first time.
CREATE TABLE IF NOT EXISTS suspicions (
  order_id uuid PRIMARY KEY,
  customer_id text NOT NULL,
  event text NOT NULL,
  raised_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS suspicions_by_age ON suspicions USING brin (raised_at);
