-- Run as often as you like, by an administrator; $LOGIN is replaced by the login that the stage connects with.
SELECT pg_advisory_xact_lock(7461130);

DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'warehouse') THEN
    CREATE ROLE warehouse NOLOGIN;
  END IF;
END $$;
GRANT warehouse TO CURRENT_USER;
GRANT warehouse TO $LOGIN;
CREATE SCHEMA IF NOT EXISTS warehouse AUTHORIZATION warehouse;
SET LOCAL ROLE warehouse;
SET LOCAL search_path TO warehouse;

-- What the shop can still sell of each product; the version tells a level that comes again or late.
CREATE TABLE IF NOT EXISTS levels (
  sku text PRIMARY KEY,
  available bigint NOT NULL,
  low boolean NOT NULL,
  version bigint NOT NULL
);

-- What was ordered of a supplier. The name of the delivery follows from the level that made it be ordered, so that nothing is ordered twice.
CREATE TABLE IF NOT EXISTS purchases (
  delivery text PRIMARY KEY,
  sku text NOT NULL,
  quantity bigint NOT NULL,
  due_at timestamptz NOT NULL,
  -- Kafka has it that it arrived; the shop has booked it.
  announced_at timestamptz,
  booked_at timestamptz
);
-- One at a time of each product.
CREATE UNIQUE INDEX IF NOT EXISTS purchases_open ON purchases (sku) WHERE booked_at IS NULL;
CREATE INDEX IF NOT EXISTS purchases_due ON purchases (due_at) WHERE announced_at IS NULL;
