-- Up Migration

-- Refunds that are due and not yet made: the stage tries them again, and the table must become
-- empty.
CREATE TABLE refunds_due (
  order_id uuid NOT NULL,
  -- Null if it is unknown whether the order was charged.
  charge_id text NOT NULL,
  customer_id text NOT NULL,
  -- GIVEN_UP: the provider refused the refund. SECOND_CHARGE: the order was charged before, under
  -- another id.
  reason text NOT NULL CHECK (reason IN ('GIVEN_UP', 'SECOND_CHARGE')),
  amount_cents bigint,
  currency text,
  attempts int NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL DEFAULT now(),
  last_error text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (order_id, charge_id)
);

-- Down Migration

DROP TABLE refunds_due;
