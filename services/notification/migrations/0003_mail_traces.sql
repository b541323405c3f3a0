-- Up Migration

-- W3C traceparent of the work that put the mail here; absent where nothing is traced.
ALTER TABLE mails ADD COLUMN traceparent text;

-- Down Migration

ALTER TABLE mails DROP COLUMN traceparent;
