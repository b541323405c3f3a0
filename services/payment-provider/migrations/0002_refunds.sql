-- Up Migration

-- A voided key never charges: its row exists before the charge, and the first row of a key counts.
ALTER TABLE charges DROP CONSTRAINT charges_status_check;
ALTER TABLE charges ADD CONSTRAINT charges_status_check CHECK (status IN ('captured', 'declined', 'voided'));

-- A charge is refunded in full, and once under any keys.
CREATE TABLE refunds (
  refund_id uuid PRIMARY KEY,
  idempotency_key text NOT NULL UNIQUE,
  charge_id uuid NOT NULL UNIQUE REFERENCES charges,
  order_id uuid NOT NULL,
  amount_cents bigint NOT NULL CHECK (amount_cents >= 0),
  currency text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX refunds_by_order ON refunds (order_id);

-- Down Migration

DROP TABLE refunds;
DELETE FROM charges WHERE status = 'voided';
ALTER TABLE charges DROP CONSTRAINT charges_status_check;
ALTER TABLE charges ADD CONSTRAINT charges_status_check CHECK (status IN ('captured', 'declined'));
