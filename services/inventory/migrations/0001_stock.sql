-- Up Migration

-- The check is the last line of defence: no code path may sell missing stock.
CREATE TABLE stock (
  sku text PRIMARY KEY,
  available bigint NOT NULL CHECK (available >= 0)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

-- One row per order. CANCELLED_EARLY: the cancellation arrived before the order was to be reserved,
-- so the order is never reserved.
CREATE TABLE reservations (
  order_id uuid PRIMARY KEY,
  status text NOT NULL CHECK (status IN ('RESERVED', 'REJECTED', 'RELEASED', 'CANCELLED_EARLY')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 90);

CREATE TABLE reservation_items (
  order_id uuid NOT NULL,
  sku text NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  PRIMARY KEY (order_id, sku)
);

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

DROP TABLE outbox, inbox, reservation_items, reservations, stock;
