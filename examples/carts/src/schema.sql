-- Run as often as you like, by an administrator; $LOGIN is replaced by the login that the stage connects with.
SELECT pg_advisory_xact_lock(7461131);

DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'carts') THEN
    CREATE ROLE carts NOLOGIN;
  END IF;
END $$;
GRANT carts TO CURRENT_USER;
GRANT carts TO $LOGIN;
CREATE SCHEMA IF NOT EXISTS carts AUTHORIZATION carts;
SET LOCAL ROLE carts;
SET LOCAL search_path TO carts;

-- One row for each customer. A cart that is closed stays, empty, so that an event that comes late
-- does not open it again.
CREATE TABLE IF NOT EXISTS carts (
  customer_id text PRIMARY KEY,
  cart_id uuid NOT NULL DEFAULT gen_random_uuid(),
  items jsonb NOT NULL,
  -- The time of the last event that counted.
  changed_at timestamptz NOT NULL,
  -- When it was published as abandoned.
  reported_at timestamptz
);
CREATE INDEX IF NOT EXISTS carts_left ON carts (changed_at) WHERE reported_at IS NULL AND items <> '[]';
CREATE INDEX IF NOT EXISTS carts_by_age ON carts (changed_at);

-- Carts that were published as abandoned and are closed now; until that is published.
CREATE TABLE IF NOT EXISTS closed (
  cart_id uuid PRIMARY KEY,
  customer_id text NOT NULL
);

-- What a customer has looked at, when last.
CREATE TABLE IF NOT EXISTS views (
  customer_id text NOT NULL,
  sku text NOT NULL,
  viewed_at timestamptz NOT NULL,
  PRIMARY KEY (customer_id, sku)
);
CREATE INDEX IF NOT EXISTS views_by_age ON views (viewed_at);

-- The latest recommendation for a customer.
CREATE TABLE IF NOT EXISTS recommendations (
  customer_id text PRIMARY KEY,
  skus text[] NOT NULL,
  made_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS recommendations_by_age ON recommendations (made_at);
