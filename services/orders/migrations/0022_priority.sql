-- Up Migration

-- The class of an order, which its events carry. Adding it rewrites no row, and there is nothing to
-- validate: every row so far is standard. Gateways of older versions write the default.
ALTER TABLE orders ADD COLUMN priority text NOT NULL DEFAULT 'standard';
ALTER TABLE orders
  ADD CONSTRAINT orders_priority_check CHECK (priority IN ('high', 'standard', 'low')) NOT VALID;

-- Down Migration

ALTER TABLE orders DROP COLUMN priority;
