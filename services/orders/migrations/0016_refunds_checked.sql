-- Up Migration

-- Up to when it has been seen whether cancelled orders got their money back; `result` holds it.
INSERT INTO sweeps (name, result) VALUES ('refunds', jsonb_build_object('checkedTo', date_trunc('minute', now())));

-- Down Migration

DELETE FROM sweeps WHERE name = 'refunds';
