-- Up Migration

-- What the replica that did it last found, for all others.
ALTER TABLE sweeps ADD COLUMN result jsonb;
INSERT INTO sweeps (name) VALUES ('counting');

-- Down Migration

DELETE FROM sweeps WHERE name = 'counting';
ALTER TABLE sweeps DROP COLUMN result;
