-- Up Migration

-- The stock of each SKU as last reported by inventory. Without a foreign key: stock may arrive
-- before the product exists.
CREATE TABLE product_availability (
  sku text PRIMARY KEY,
  available bigint NOT NULL,
  low boolean NOT NULL,
  -- Rises with each level: an older level that arrives late changes nothing.
  version bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);

-- The availability that an answer about the product shows.
CREATE FUNCTION availability_of(available bigint, low boolean) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN available <= 0 THEN 'SOLD_OUT' WHEN low THEN 'LOW' ELSE 'IN_STOCK' END
$$;

-- Processes that cache products drop this one. Notified only when the answer changes: levels change
-- with each order, and a notification makes commits wait for one another.
CREATE FUNCTION tell_of_availability() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('orders_products', NEW.sku);
  RETURN NULL;
END
$$;
CREATE TRIGGER availability_known AFTER INSERT ON product_availability
  FOR EACH ROW EXECUTE FUNCTION tell_of_availability();
CREATE TRIGGER availability_changed AFTER UPDATE ON product_availability
  FOR EACH ROW WHEN (availability_of(OLD.available, OLD.low) IS DISTINCT FROM availability_of(NEW.available, NEW.low))
  EXECUTE FUNCTION tell_of_availability();

-- Down Migration

DROP TABLE product_availability;
DROP FUNCTION tell_of_availability;
DROP FUNCTION availability_of;
