-- Up Migration

-- {"carrier", "trackingNumber", "trackingUrl"?, "status"}, of an order that a carrier carries. In the order's own row, so that it goes with
-- its month.
ALTER TABLE orders ADD COLUMN parcel jsonb;

-- Down Migration

ALTER TABLE orders DROP COLUMN parcel;
