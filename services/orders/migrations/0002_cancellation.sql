-- Up Migration

ALTER TABLE orders
  DROP CONSTRAINT orders_status_check,
  ADD CONSTRAINT orders_status_check CHECK (status IN ('PLACED', 'PROCESSING', 'CONFIRMED', 'SHIPPED', 'CANCELLED'));

-- Before this migration a confirmed order had ended, and no process will ship it again.
INSERT INTO order_events (order_id, status, event_id, at)
SELECT order_id, 'SHIPPED', event_id, at FROM order_events WHERE status = 'CONFIRMED';
UPDATE orders SET status = 'SHIPPED' WHERE status = 'CONFIRMED';

-- The index has only orders in progress: overdue orders are found without reading ended ones.
CREATE INDEX orders_under_way ON orders (status, updated_at) WHERE status IN ('PLACED', 'PROCESSING', 'CONFIRMED');

-- The timeline has every event of an order, not only those that changed its status.
ALTER TABLE order_events ADD COLUMN event text;
UPDATE order_events
SET event = CASE status
  WHEN 'PLACED' THEN 'OrderPlaced'
  WHEN 'PROCESSING' THEN 'OrderValidated'
  WHEN 'CONFIRMED' THEN 'OrderConfirmed'
  WHEN 'SHIPPED' THEN 'OrderShipped'
  ELSE 'OrderCancelled'
END;
ALTER TABLE order_events DROP CONSTRAINT order_events_pkey;
ALTER TABLE order_events
  ALTER COLUMN status DROP NOT NULL,
  ALTER COLUMN event SET DEFAULT 'OrderPlaced',
  ADD PRIMARY KEY (order_id, event);

-- Down Migration

DELETE FROM order_events WHERE status IS NULL OR status = 'SHIPPED';
ALTER TABLE order_events DROP CONSTRAINT order_events_pkey;
ALTER TABLE order_events
  ADD PRIMARY KEY (order_id, status),
  DROP COLUMN event;
UPDATE orders SET status = 'CONFIRMED' WHERE status = 'SHIPPED';
DROP INDEX orders_under_way;
ALTER TABLE orders
  DROP CONSTRAINT orders_status_check,
  ADD CONSTRAINT orders_status_check CHECK (status IN ('PLACED', 'PROCESSING', 'CONFIRMED', 'CANCELLED'));
