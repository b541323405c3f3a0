-- Up Migration

ALTER TABLE payments VALIDATE CONSTRAINT payments_partly_refunded;

-- Down Migration

SELECT 1;
