-- Up Migration

-- Up to when the provider's list of changed disputes has been read: what changed while the stage or
-- the provider was unavailable, for however long, is read afterwards.
INSERT INTO reconciliations (name) VALUES ('disputes');

-- Down Migration

DELETE FROM reconciliations WHERE name = 'disputes';
