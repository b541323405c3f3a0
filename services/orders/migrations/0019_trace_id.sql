-- Up Migration

-- The trace of the request that placed the order, 32 hexadecimal digits, where it was sampled.
-- Gateways of older versions leave it null.
ALTER TABLE orders ADD COLUMN trace_id text;

-- Down Migration

ALTER TABLE orders DROP COLUMN trace_id;
