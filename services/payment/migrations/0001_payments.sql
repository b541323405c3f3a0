-- Up Migration

-- One row per order: the provider's answer. The order id is the provider's idempotency key, so this
-- row and the provider's own record agree however often the charge was requested.
CREATE TABLE payments (
  order_id uuid PRIMARY KEY,
  customer_id text NOT NULL,
  amount_cents bigint NOT NULL CHECK (amount_cents >= 0),
  currency text NOT NULL,
  status text NOT NULL CHECK (status IN ('CAPTURED', 'DECLINED')),
  charge_id text CHECK ((charge_id IS NOT NULL) = (status = 'CAPTURED')),
  decline_reason text,
  created_at timestamptz NOT NULL DEFAULT now()
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

DROP TABLE outbox, inbox, payments;
