-- Up Migration

-- {"carrier", "trackingNumber", "trackingUrl"?, "status"} of an order with a carrier. It is in the
-- order's own row, so that it leaves with its month.
ALTER TABLE orders ADD COLUMN parcel jsonb;

-- Down Migration

ALTER TABLE orders DROP COLUMN parcel;
