-- Up Migration

-- No foreign keys between these tables: rows of one order are written by one statement, and a key check per row
-- would cost the intake a tenth of its throughput.
CREATE TABLE orders (
  order_id uuid PRIMARY KEY,
  customer_id text NOT NULL,
  currency text NOT NULL,
  status text NOT NULL DEFAULT 'PLACED' CHECK (status IN ('PLACED', 'PROCESSING', 'CONFIRMED', 'CANCELLED')),
  reason text CHECK ((reason IS NOT NULL) = (status = 'CANCELLED')),
  total_cents bigint CHECK (total_cents >= 0),
  correlation_id text,
  placed_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);

CREATE TABLE order_items (
  order_id uuid NOT NULL,
  line smallint NOT NULL,
  sku text NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  unit_price_cents bigint CHECK (unit_price_cents >= 0),
  PRIMARY KEY (order_id, line)
) WITH (fillfactor = 80);

-- The same key with another request is a conflict; request_hash detects it.
CREATE TABLE idempotency_keys (
  customer_id text NOT NULL,
  idempotency_key text NOT NULL,
  order_id uuid NOT NULL,
  request_hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (customer_id, idempotency_key)
);

-- Every change of an order's status, in order; written in the transaction of the change.
CREATE TABLE order_events (
  order_id uuid NOT NULL,
  status text NOT NULL,
  reason text,
  event_id uuid NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (order_id, status)
);

-- One price for each product, in the minor unit of the currency that the order names. The shop does
-- not convert currencies.
CREATE TABLE products (
  sku text PRIMARY KEY,
  name text NOT NULL,
  price_cents bigint NOT NULL CHECK (price_cents >= 0)
);

-- The HTTP intake's outbox: its relay publishes in order per key and deletes what Kafka has acknowledged.
-- Ids commit out of sequence, so a relay must never remember "the last id seen".
CREATE TABLE intake_outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id uuid NOT NULL,
  topic text NOT NULL,
  key text NOT NULL,
  value text NOT NULL,
  headers jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0.05);

-- The messages whose effect the stage has applied.
CREATE TABLE inbox (
  event_id uuid PRIMARY KEY,
  received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX inbox_by_age ON inbox USING brin (received_at);

-- Events that the stage has yet to publish, by the message that caused them; deleted once Kafka has
-- them.
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source_id uuid NOT NULL,
  topic text NOT NULL,
  key text NOT NULL,
  value text NOT NULL,
  headers jsonb NOT NULL DEFAULT '{}'
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX outbox_by_source ON outbox (source_id);

-- Down Migration

DROP TABLE outbox, inbox, intake_outbox, products, order_events, idempotency_keys, order_items, orders;
