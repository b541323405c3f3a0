-- Up Migration

-- Which SKUs have changed since somebody looked: a row a change, without an index and never updated, so that it costs an order next to
-- nothing. Rows are read and deleted by the one replica that publishes levels. Written only where levels are published.
CREATE TABLE stock_changes (
  sku text NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);

-- The level of each SKU as it was last looked at, and as it was last published.
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

-- Deliveries that were booked and have not been told of.
CREATE TABLE replenishments (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  delivery text NOT NULL,
  sku text NOT NULL,
  quantity bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);

-- Which replica publishes, and until when it does if nothing more is heard of it.
CREATE TABLE stock_publisher (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  holder uuid,
  until timestamptz NOT NULL DEFAULT '-infinity',
  compared_at timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO stock_publisher DEFAULT VALUES;

-- Below how many pieces a SKU runs low; INVENTORY_LOW_STOCK_BELOW where it says nothing.
ALTER TABLE stock ADD COLUMN low_below bigint;

-- Down Migration

ALTER TABLE stock DROP COLUMN low_below;
DROP TABLE stock_publisher, replenishments, stock_levels, stock_changes;
