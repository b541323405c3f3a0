-- Up Migration

-- The SKUs that have changed since the last read: one row per change, without an index and never
-- updated, so that it costs an order almost nothing. The one replica that publishes levels reads
-- and deletes the rows. They are written only where levels are published.
CREATE TABLE stock_changes (
  sku text NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);

-- The level of each SKU as last read, and as last published.
CREATE TABLE stock_levels (
  sku text PRIMARY KEY,
  available bigint NOT NULL,
  low boolean NOT NULL,
  low_below bigint NOT NULL,
  version bigint NOT NULL,
  sent_version bigint NOT NULL DEFAULT 0,
  sent_available bigint,
  sent_low boolean,
  sent_at timestamptz
);
CREATE INDEX stock_levels_to_send ON stock_levels (sku) WHERE version > sent_version;

-- Deliveries that were booked and not yet published.
CREATE TABLE replenishments (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  delivery text NOT NULL,
  sku text NOT NULL,
  quantity bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);

-- The replica that publishes, and the end of its lease.
CREATE TABLE stock_publisher (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  holder uuid,
  until timestamptz NOT NULL DEFAULT '-infinity',
  compared_at timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO stock_publisher DEFAULT VALUES;

-- The number of pieces below which a SKU is low; if null, INVENTORY_LOW_STOCK_BELOW applies.
ALTER TABLE stock ADD COLUMN low_below bigint;

-- Down Migration

ALTER TABLE stock DROP COLUMN low_below;
DROP TABLE stock_publisher, replenishments, stock_levels, stock_changes;
