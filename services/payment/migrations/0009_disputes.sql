-- Up Migration

-- Chargebacks: the customer's bank has taken the money back. OPEN: the shop may contest it. WON: the
-- shop has the money again. LOST: the customer keeps it.
CREATE TABLE disputes (
  order_id uuid NOT NULL,
  dispute_id text NOT NULL UNIQUE,
  charge_id text NOT NULL,
  customer_id text NOT NULL,
  amount_cents bigint NOT NULL CHECK (amount_cents >= 0),
  currency text NOT NULL,
  reason text NOT NULL,
  status text NOT NULL CHECK (status IN ('OPEN', 'WON', 'LOST')),
  opened_at timestamptz NOT NULL DEFAULT now(),
  closed_at timestamptz CHECK ((closed_at IS NULL) = (status = 'OPEN')),
  PRIMARY KEY (order_id, dispute_id)
);
CREATE INDEX disputes_by_charge ON disputes (charge_id);

-- Disputes that the provider is asked about: because a webhook or a comparison has named them, and
-- then until they are closed.
CREATE TABLE disputes_watched (
  dispute_id text PRIMARY KEY,
  attempts int NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX disputes_watched_due ON disputes_watched (due_at);

-- Down Migration

DROP TABLE disputes_watched, disputes;
