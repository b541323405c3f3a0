-- Up Migration

-- One row per order. CANCELLED_EARLY: the cancellation arrived before the order was to be prepared,
-- so the order is never prepared.
CREATE TABLE shipments (
  order_id uuid PRIMARY KEY,
  customer_id text NOT NULL,
  status text NOT NULL CHECK (status IN ('PREPARED', 'DISPATCHED', 'RECALLED', 'CANCELLED_EARLY')),
  shipment_id uuid CHECK ((shipment_id IS NULL) = (status = 'CANCELLED_EARLY')),
  -- The packed items: [{"sku": …, "quantity": …}, …]
  items jsonb NOT NULL DEFAULT '[]',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);

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

DROP TABLE outbox, inbox, shipments;
