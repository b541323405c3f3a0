-- Up Migration

-- The time up to which refunds of cancelled orders have been checked, in `result`.
INSERT INTO sweeps (name, result) VALUES ('refunds', jsonb_build_object('checkedTo', date_trunc('minute', now())));

-- Down Migration

DELETE FROM sweeps WHERE name = 'refunds';
