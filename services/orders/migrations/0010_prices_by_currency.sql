-- Up Migration

-- A price has a currency. A product's own price is in its own currency; any other currency of the
-- product has a row here. Amounts are in the currency's minor unit (ISO 4217): 1999 is 19.99 EUR,
-- 1,999 JPY, 1.999 KWD. Before this migration one number was read in whichever currency the order
-- named.
ALTER TABLE products ADD COLUMN currency text NOT NULL DEFAULT 'EUR' CHECK (currency ~ '^[A-Z]{3}$');

CREATE TABLE product_prices (
  sku text NOT NULL REFERENCES products ON UPDATE CASCADE ON DELETE CASCADE,
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  price_cents bigint NOT NULL CHECK (price_cents BETWEEN 0 AND 10000000000),
  PRIMARY KEY (sku, currency)
);
CREATE TRIGGER product_price_changed AFTER INSERT OR UPDATE OR DELETE ON product_prices
  FOR EACH ROW EXECUTE FUNCTION tell_of_product();

-- Every currency of a product, each once.
CREATE VIEW prices AS
SELECT sku, currency, price_cents FROM products
UNION ALL
SELECT sku, other.currency, other.price_cents
FROM product_prices AS other JOIN products USING (sku)
WHERE other.currency <> products.currency;

-- Down Migration

DROP VIEW prices;
DROP TABLE product_prices;
ALTER TABLE products DROP COLUMN currency;
