-- Up Migration

-- CANCELLED: the order was cancelled before it was charged, and it will not be. REFUNDED: captured,
-- and refunded.
ALTER TABLE payments
  DROP CONSTRAINT payments_status_check,
  DROP CONSTRAINT payments_check,
  ALTER COLUMN amount_cents DROP NOT NULL,
  ALTER COLUMN currency DROP NOT NULL,
  ADD COLUMN refund_id text,
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
  ADD CONSTRAINT payments_status_check CHECK (status IN ('CAPTURED', 'DECLINED', 'CANCELLED', 'REFUNDED')),
  ADD CONSTRAINT payments_amount CHECK ((amount_cents IS NULL AND currency IS NULL) = (status = 'CANCELLED')),
  ADD CONSTRAINT payments_charge CHECK ((charge_id IS NOT NULL) = (status IN ('CAPTURED', 'REFUNDED'))),
  ADD CONSTRAINT payments_refund CHECK ((refund_id IS NOT NULL) = (status = 'REFUNDED'));

-- Down Migration

DELETE FROM payments WHERE status = 'CANCELLED';
ALTER TABLE payments
  DROP CONSTRAINT payments_status_check,
  DROP CONSTRAINT payments_amount,
  DROP CONSTRAINT payments_charge,
  DROP CONSTRAINT payments_refund;
UPDATE payments SET status = 'CAPTURED' WHERE status = 'REFUNDED';
ALTER TABLE payments
  ALTER COLUMN amount_cents SET NOT NULL,
  ALTER COLUMN currency SET NOT NULL,
  DROP COLUMN refund_id,
  DROP COLUMN updated_at,
  ADD CONSTRAINT payments_status_check CHECK (status IN ('CAPTURED', 'DECLINED')),
  ADD CONSTRAINT payments_check CHECK ((charge_id IS NOT NULL) = (status = 'CAPTURED'));
