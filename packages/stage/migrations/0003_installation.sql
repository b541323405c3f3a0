-- Up Migration

-- The name of this database. Consumer groups store it with their offsets, so that a shop with
-- another database is recognised. A copy of the database has the same name.
CREATE TABLE installation (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid()
);
INSERT INTO installation DEFAULT VALUES;

-- Down Migration

DROP TABLE installation;
