-- Up Migration

-- Refunds of a part of a charge, each once under its key. `refunds` has what they leave of it. A
-- refund locks its charge's row first, so that together they are never more than was charged.
CREATE TABLE partial_refunds (
  refund_id uuid PRIMARY KEY,
  idempotency_key text NOT NULL UNIQUE,
  charge_id uuid NOT NULL REFERENCES charges,
  order_id uuid NOT NULL,
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  currency text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX partial_refunds_by_charge ON partial_refunds (charge_id);
CREATE INDEX partial_refunds_by_order ON partial_refunds (order_id);

-- Down Migration

DROP TABLE partial_refunds;
