-- Up Migration

-- The ledger: one row for each idempotency key, whatever happened to the caller. A charge that was declined stays declined.
CREATE TABLE charges (
  charge_id uuid PRIMARY KEY,
  idempotency_key text NOT NULL UNIQUE,
  order_id uuid NOT NULL,
  customer_id text NOT NULL,
  amount_cents bigint NOT NULL CHECK (amount_cents >= 0),
  currency text NOT NULL,
  status text NOT NULL CHECK (status IN ('captured', 'declined')),
  reason text CHECK ((reason IS NOT NULL) = (status = 'declined')),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX charges_by_order ON charges (order_id);

-- Down Migration

DROP TABLE charges;
