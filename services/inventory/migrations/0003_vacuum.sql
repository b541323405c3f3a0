-- Up Migration

-- Every reservation passes through reservations_to_ask_about. Each search for expired ones would
-- read its dead entries.
ALTER TABLE reservations SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 100000);

-- Down Migration

ALTER TABLE reservations RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
