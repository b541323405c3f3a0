-- Up Migration

-- What happened to the payment after it was made, in the order's own row, so that it leaves with
-- its month. refunds: [{"refundId", "amountCents", "status", "reason", "at", …}, …] of parts.
-- disputes: [{"disputeId", "amountCents", "currency", "status", "reason", "openedAt", …}, …].
ALTER TABLE orders ADD COLUMN refunds jsonb, ADD COLUMN disputes jsonb;

-- Down Migration

ALTER TABLE orders DROP COLUMN refunds, DROP COLUMN disputes;
