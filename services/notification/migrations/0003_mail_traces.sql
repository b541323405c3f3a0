-- Up Migration

-- W3C traceparent of the work that stored the mail; null where tracing is off.
ALTER TABLE mails ADD COLUMN traceparent text;

-- Down Migration

ALTER TABLE mails DROP COLUMN traceparent;
