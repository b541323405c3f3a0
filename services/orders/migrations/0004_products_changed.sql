-- Up Migration

-- Whoever keeps copies of products is told which to forget; a channel that nobody listens to costs next to nothing.
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
