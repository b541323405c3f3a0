-- Up Migration

-- The result of the last run, for all other replicas.
ALTER TABLE sweeps ADD COLUMN result jsonb;
INSERT INTO sweeps (name) VALUES ('counting');

-- Down Migration

DELETE FROM sweeps WHERE name = 'counting';
ALTER TABLE sweeps DROP COLUMN result;
