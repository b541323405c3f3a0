-- Up Migration

-- A customer's orders, newest first: their ids begin with the time.
CREATE INDEX orders_by_customer ON orders (customer_id, order_id);

-- Rows to prune are found without reading younger ones.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys USING brin (created_at);

-- Down Migration

DROP INDEX idempotency_keys_by_age, orders_by_customer;
