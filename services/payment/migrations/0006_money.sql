-- Up Migration

-- The provider's object for the charge of an order. It is stored before it is confirmed, so money
-- moves only by a stored object; a stopped row prevents any later confirmation. Deleted after a
-- month: by then the payment itself is known.
CREATE TABLE charge_intents (
  order_id uuid PRIMARY KEY,
  -- NULL: stopped before an object existed.
  intent_id text,
  stopped boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX charge_intents_by_age ON charge_intents (created_at);

-- Charges that the provider has accepted and not decided, such as a bank debit that takes days.
CREATE TABLE charges_pending (
  order_id uuid PRIMARY KEY,
  customer_id text NOT NULL,
  amount_cents bigint NOT NULL,
  currency text NOT NULL,
  attempts int NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX charges_pending_due ON charges_pending (due_at);

-- The replicas that call the provider, and the calls a second that each of them needs: they divide
-- the stage's rate by it.
CREATE TABLE provider_callers (
  member uuid PRIMARY KEY,
  wanted real NOT NULL,
  seen_at timestamptz NOT NULL
);

-- The time up to which payments have been compared with the provider's list; the replica with the
-- lease compares the next period.
CREATE TABLE reconciliations (
  name text PRIMARY KEY,
  compared_to timestamptz NOT NULL DEFAULT date_trunc('minute', now()),
  holder uuid,
  leased_until timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO reconciliations (name) VALUES ('soon'), ('late');

-- Differences from such a comparison that a person has to decide. The person deletes the row after
-- the decision.
CREATE TABLE payment_differences (
  order_id uuid NOT NULL,
  charge_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('AMOUNT', 'REFUNDED_ELSEWHERE', 'UNKNOWN_CHARGE')),
  detail text NOT NULL,
  found_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (order_id, charge_id, kind)
);

-- Down Migration

DROP TABLE payment_differences, reconciliations, provider_callers, charges_pending, charge_intents;
