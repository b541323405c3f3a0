-- Up Migration

-- Processes that cache products are notified which one to drop; a channel without listeners costs
-- almost nothing.
CREATE FUNCTION tell_of_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('orders_products', COALESCE(NEW.sku, OLD.sku));
  RETURN NULL;
END
$$;
CREATE TRIGGER product_changed AFTER INSERT OR UPDATE OR DELETE ON products
  FOR EACH ROW EXECUTE FUNCTION tell_of_product();

-- Down Migration

DROP TRIGGER product_changed ON products;
DROP FUNCTION tell_of_product;
