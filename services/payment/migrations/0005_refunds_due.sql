-- Up Migration

-- Money that has to go back and has not: what a later try gives back, and what must be nothing in the long run.
CREATE TABLE refunds_due (
  order_id uuid NOT NULL,
  -- Empty where it is not known whether anything was charged.
  charge_id text NOT NULL,
  customer_id text NOT NULL,
  -- GIVEN_UP: the provider would not take the charge back. SECOND_CHARGE: the order was charged before, under another id.
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
