-- Up Migration

-- A customer's bank takes a charge back, or a part of it: one dispute of a charge. Nothing of the
-- charge is refunded while it is OPEN. WON: the shop has the money again. LOST: the customer keeps
-- it.
CREATE TABLE disputes (
  dispute_id uuid PRIMARY KEY,
  charge_id uuid NOT NULL UNIQUE REFERENCES charges,
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  reason text NOT NULL,
  status text NOT NULL DEFAULT 'OPEN' CHECK (status IN ('OPEN', 'WON', 'LOST')),
  changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX disputes_by_change ON disputes (changed_at);

-- Down Migration

DROP TABLE disputes;
