-- Up Migration

-- When to ask the orders service whether a reservation is still needed; null once its order is
-- paid. Reservations from before this migration are never asked about.
ALTER TABLE reservations
  ADD COLUMN customer_id text,
  ADD COLUMN expires_at timestamptz;
CREATE INDEX reservations_to_ask_about ON reservations (expires_at) WHERE expires_at IS NOT NULL;

-- Deliveries that were added to the stock, so that a repeated booking does not count.
CREATE TABLE restocks (
  delivery text NOT NULL,
  sku text NOT NULL,
  quantity bigint NOT NULL CHECK (quantity > 0),
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (delivery, sku)
);

-- Down Migration

DROP TABLE restocks;
DROP INDEX reservations_to_ask_about;
ALTER TABLE reservations DROP COLUMN expires_at, DROP COLUMN customer_id;
