-- Up Migration

-- Refunds of a part of a payment. DUE: the stage asks the provider again and again until it is made
-- or a person decides. REFUSED: it will not be made, by this stage's decision or a person's.
CREATE TABLE partial_refunds (
  order_id uuid NOT NULL,
  refund_id uuid NOT NULL UNIQUE,
  customer_id text NOT NULL,
  charge_id text CHECK (charge_id IS NOT NULL OR status = 'REFUSED'),
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  currency text NOT NULL,
  status text NOT NULL CHECK (status IN ('DUE', 'REFUNDED', 'REFUSED')),
  -- The provider's id of the refund; of a refund that failed after it was made, its last one.
  provider_refund_id text CHECK (provider_refund_id IS NOT NULL OR status <> 'REFUNDED'),
  refusal text CHECK ((refusal IS NOT NULL) = (status = 'REFUSED')),
  attempts int NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL DEFAULT now(),
  last_error text,
  -- Those of the request, for the event about its outcome.
  correlation_id text,
  traceparent text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (order_id, refund_id)
);
CREATE INDEX partial_refunds_due ON partial_refunds (due_at) WHERE status = 'DUE';

-- The sum of the order's partial refunds that are due or made. The check is the last line of
-- defence: no code path, and no person, may have more refunded than was charged.
ALTER TABLE payments ADD COLUMN partly_refunded_cents bigint NOT NULL DEFAULT 0;
ALTER TABLE payments ADD CONSTRAINT payments_partly_refunded
  CHECK (status <> 'CAPTURED' OR partly_refunded_cents BETWEEN 0 AND amount_cents) NOT VALID;

CREATE FUNCTION sum_partial_refunds() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  change bigint := 0;
BEGIN
  IF TG_OP <> 'INSERT' AND OLD.status <> 'REFUSED' THEN change := change - OLD.amount_cents; END IF;
  IF TG_OP <> 'DELETE' AND NEW.status <> 'REFUSED' THEN change := change + NEW.amount_cents; END IF;
  IF change <> 0 THEN
    UPDATE payments SET partly_refunded_cents = partly_refunded_cents + change
    WHERE order_id = CASE TG_OP WHEN 'DELETE' THEN OLD.order_id ELSE NEW.order_id END;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER partial_refunds_summed AFTER INSERT OR UPDATE OR DELETE ON partial_refunds
  FOR EACH ROW EXECUTE FUNCTION sum_partial_refunds();

-- Down Migration

DROP TABLE partial_refunds;
DROP FUNCTION sum_partial_refunds;
ALTER TABLE payments DROP CONSTRAINT payments_partly_refunded, DROP COLUMN partly_refunded_cents;
