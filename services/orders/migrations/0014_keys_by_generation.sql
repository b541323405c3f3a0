-- Up Migration

-- Idempotency keys are kept in generations, each a table that is dropped whole. A key is unique
-- within its generation by the primary key and over all of them by a trigger. The generation that
-- accepts keys changes while the table is locked, so that no key is being inserted into the
-- previous one: every insert sees all of its keys.

ALTER TABLE idempotency_keys RENAME TO idempotency_keys_first;
ALTER TABLE idempotency_keys_first
  DROP CONSTRAINT idempotency_keys_pkey,
  ADD PRIMARY KEY USING INDEX idempotency_keys_first_pkey;
DROP INDEX idempotency_keys_by_age;

CREATE TABLE idempotency_keys (
  LIKE idempotency_keys_first INCLUDING DEFAULTS,
  PRIMARY KEY (customer_id, idempotency_key, since)
) PARTITION BY LIST (since);
ALTER TABLE idempotency_keys ATTACH PARTITION idempotency_keys_first FOR VALUES IN ('-infinity');
ALTER TABLE idempotency_keys_first DROP CONSTRAINT idempotency_keys_first;

-- Like ON CONFLICT DO NOTHING within the generation.
CREATE FUNCTION pass_over_known_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM idempotency_keys
    WHERE customer_id = NEW.customer_id AND idempotency_key = NEW.idempotency_key AND since <> NEW.since
  ) THEN RETURN NULL; END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER known_key BEFORE INSERT ON idempotency_keys FOR EACH ROW EXECUTE FUNCTION pass_over_known_key();

-- When each generation began to accept keys, in UTC, from its table's name; the first one has no
-- beginning.
CREATE FUNCTION key_generations() RETURNS TABLE (part text, since timestamptz) LANGUAGE sql STABLE AS $$
  SELECT child.relname::text,
    CASE WHEN child.relname = 'idempotency_keys_first' THEN '-infinity'
      ELSE to_timestamp(right(child.relname, 15), 'YYYYMMDD_HH24MISS')::timestamp AT TIME ZONE 'UTC' END
  FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
  WHERE inhparent = 'idempotency_keys'::regclass
$$;

-- Begins a generation if the last one has keys and is older than half of the retention. Returns
-- true if it did.
CREATE FUNCTION begin_key_generation(kept_hours float8) RETURNS boolean LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
  last record;
  began timestamptz := date_trunc('second', now());
  own text := 'idempotency_keys' || to_char(began, '_YYYYMMDD_HH24MISS');
  used boolean;
BEGIN
  IF NOT pg_try_advisory_xact_lock('idempotency_keys'::regclass::oid::bigint) THEN RETURN false; END IF;
  SELECT * INTO last FROM key_generations() AS g ORDER BY g.since DESC LIMIT 1;
  IF last.since > now() - kept_hours * interval '30 minutes' OR last.since >= began THEN RETURN false; END IF;
  EXECUTE format('SELECT EXISTS (SELECT FROM %I)', last.part) INTO used;
  IF NOT used THEN RETURN false; END IF;
  EXECUTE format('CREATE TABLE %I (LIKE idempotency_keys INCLUDING ALL)', own);
  PERFORM close_tables(ARRAY['idempotency_keys']);
  EXECUTE format('ALTER TABLE idempotency_keys ATTACH PARTITION %I FOR VALUES IN (%L)', own, began);
  EXECUTE format('ALTER TABLE ONLY idempotency_keys ALTER since SET DEFAULT %L', began);
  RETURN true;
END
$$;

-- Drops the oldest generation once the next one has accepted keys for the whole retention. Returns
-- its table, or NULL if there is none.
CREATE FUNCTION drop_key_generation(kept_hours float8) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  oldest text;
  ended timestamptz;
BEGIN
  IF NOT pg_try_advisory_xact_lock('idempotency_keys'::regclass::oid::bigint) THEN RETURN NULL; END IF;
  SELECT part, next INTO oldest, ended
  FROM (SELECT g.part, g.since, lead(g.since) OVER (ORDER BY g.since) AS next FROM key_generations() AS g) AS generation
  ORDER BY since LIMIT 1;
  IF ended IS NULL OR ended > now() - kept_hours * interval '1 hour' THEN RETURN NULL; END IF;
  PERFORM close_tables(ARRAY['idempotency_keys', oldest]);
  EXECUTE format('DROP TABLE %I', oldest);
  RETURN oldest;
END
$$;

-- Down Migration

SELECT 1;
