-- Up Migration

-- Which object of the provider stands for an order's charge. It is noted before it is confirmed, so money only moves by what is noted
-- here; a row that was stopped lets nothing be confirmed any more. Deleted after a month: by then the payment itself is known.
CREATE TABLE charge_intents (
  order_id uuid PRIMARY KEY,
  -- NULL: stopped before there was one.
  intent_id text,
  stopped boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX charge_intents_by_age ON charge_intents (created_at);

-- Charges that the provider has accepted and not decided, such as a bank debit of some days.
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

-- The replicas that call the provider, and how many calls a second each of them wants: they divide the stage's rate by it.
CREATE TABLE provider_callers (
  member uuid PRIMARY KEY,
  wanted real NOT NULL,
  seen_at timestamptz NOT NULL
);

-- How far payments have been compared with the provider's own list; whoever has the lease compares the next part.
CREATE TABLE reconciliations (
  name text PRIMARY KEY,
  compared_to timestamptz NOT NULL DEFAULT date_trunc('minute', now()),
  holder uuid,
  leased_until timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO reconciliations (name) VALUES ('soon'), ('late');

-- What such a comparison found and a person has to decide. A row is deleted by whoever has decided.
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
