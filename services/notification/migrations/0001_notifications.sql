-- Up Migration

-- The notifications of each customer: one for each state of an order.
CREATE TABLE notifications (
  order_id uuid NOT NULL,
  status text NOT NULL,
  customer_id text NOT NULL,
  reason text,
  sent_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (order_id, status)
);

-- The messages whose effect the stage has applied.
CREATE TABLE inbox (
  event_id uuid PRIMARY KEY,
  received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX inbox_by_age ON inbox USING brin (received_at);

-- Every stage has an outbox, although this one publishes nothing yet.
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

DROP TABLE outbox, inbox, notifications;
