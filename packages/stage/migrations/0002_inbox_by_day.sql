-- Up Migration

-- The inbox is kept by day and a day is dropped whole. An event's id begins with the time of its order (48 bits of Unix milliseconds),
-- so a day is a range of ids: the primary key stays as it is, an id is unique over all days, and an insert goes to one small index.

ALTER TABLE inbox RENAME TO inbox_before;
ALTER INDEX inbox_pkey RENAME TO inbox_before_pkey;
ALTER INDEX inbox_by_age RENAME TO inbox_before_by_age;

CREATE TABLE inbox (
  event_id uuid PRIMARY KEY,
  received_at timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (event_id);

-- Events whose id has no time, those of orders older than the oldest day, and all events if no day
-- was created. It is pruned by row.
CREATE TABLE inbox_default PARTITION OF inbox DEFAULT;
CREATE INDEX inbox_default_by_age ON inbox_default (received_at);

-- A lower bound of every id of the day.
CREATE FUNCTION first_event_id(of_day date) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT rpad(lpad(to_hex((extract(epoch FROM of_day::timestamp) * 1000)::bigint), 12, '0'), 32, '0')::uuid
$$;

CREATE FUNCTION inbox_day_table(of_day date) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT 'inbox' || to_char(of_day::timestamp, '_YYYY_MM_DD')
$$;

CREATE FUNCTION inbox_days() RETURNS SETOF date LANGUAGE sql STABLE AS $$
  SELECT to_date(right(child.relname, 10), 'YYYY_MM_DD')
  FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
  WHERE inhparent = 'inbox'::regclass AND child.relname ~ '^inbox_\d{4}_\d{2}_\d{2}$'
$$;

-- Locks these tables exclusively until the end of the transaction. It waits a tenth of a second at
-- a time, because later queries wait behind it. It waits for the first table alone, because a wait
-- for a second one could form a deadlock.
CREATE FUNCTION close_inbox(tables text[]) RETURNS void LANGUAGE plpgsql SET lock_timeout = '100ms' AS $$
DECLARE
  other text;
BEGIN
  FOR attempt IN 1..20 LOOP
    BEGIN
      EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE', tables[1]);
      FOREACH other IN ARRAY tables[2:] LOOP
        EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE NOWAIT', other);
      END LOOP;
      RETURN;
    EXCEPTION WHEN lock_not_available THEN
      IF attempt = 20 THEN RAISE; END IF;
    END;
    PERFORM pg_sleep(0.05 * random());
  END LOOP;
END
$$;

-- False if the day exists, or if the default partition has events of it: these stay there, because
-- moving a day would keep the table locked. The default partition is locked for a moment, the
-- others are not.
CREATE FUNCTION make_inbox_day(of_day date) RETURNS boolean LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
DECLARE
  own text := inbox_day_table(of_day);
  since uuid := first_event_id(of_day);
  upto uuid := first_event_id(of_day + 1);
  taken boolean;
BEGIN
  IF to_regclass(own) IS NOT NULL THEN RETURN false; END IF;
  SELECT EXISTS (SELECT FROM inbox_default WHERE event_id >= since AND event_id < upto) INTO taken;
  IF taken THEN RETURN false; END IF;
  EXECUTE format('CREATE TABLE %I (LIKE inbox INCLUDING ALL)', own);
  -- Nothing is deleted from a day, so that a summary of its blocks stays true.
  EXECUTE format('CREATE INDEX %I ON %I USING brin (received_at) WITH (autosummarize = on)', own || '_by_age', own);
  PERFORM close_inbox(ARRAY['inbox_default']);
  SELECT EXISTS (SELECT FROM inbox_default WHERE event_id >= since AND event_id < upto) INTO taken;
  IF taken THEN
    EXECUTE format('DROP TABLE %I', own);
    RETURN false;
  END IF;
  EXECUTE format('ALTER TABLE inbox ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', own, since, upto);
  RETURN true;
END
$$;

-- Creates today and the following days where they are missing, unless another process is doing it.
-- Returns the created ones.
CREATE FUNCTION make_inbox_days(ahead int DEFAULT 3) RETURNS SETOF date LANGUAGE plpgsql AS $$
DECLARE
  each date;
BEGIN
  IF NOT pg_try_advisory_xact_lock('inbox'::regclass::oid::bigint) THEN RETURN; END IF;
  FOR each IN SELECT (now() AT TIME ZONE 'UTC')::date + n FROM generate_series(0, ahead) AS n LOOP
    IF make_inbox_day(each) THEN RETURN NEXT each; END IF;
  END LOOP;
END
$$;

-- Whether a message arrived later than that. It reads block summaries, and the rows of a block only
-- if the summary has a later time.
CREATE FUNCTION inbox_received_since(part text, since timestamptz) RETURNS boolean LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  later boolean;
BEGIN
  PERFORM brin_summarize_new_values((part || '_by_age')::regclass);
  EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE received_at >= %L)', part, since) INTO later;
  RETURN later;
END
$$;

CREATE FUNCTION drop_inbox_before() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DROP TRIGGER IF EXISTS seen_before ON inbox;
  DROP FUNCTION IF EXISTS pass_over_seen_before();
  EXECUTE format('DROP TABLE %I', 'inbox_before');
END
$$;

-- Drops one day whose last message arrived before that. Returns its table, or NULL if there is none
-- or another process is dropping it. Outbox rows that a crash left for its messages are of no use
-- without them; they are pruned afterwards.
CREATE FUNCTION drop_inbox_day(kept_hours float8) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  since timestamptz := now() - kept_hours * interval '1 hour';
  each date;
  part text;
BEGIN
  IF NOT pg_try_advisory_xact_lock('inbox'::regclass::oid::bigint) THEN RETURN NULL; END IF;
  IF to_regclass('inbox_before') IS NOT NULL AND NOT inbox_received_since('inbox_before', since) THEN
    -- Every day has the trigger too.
    PERFORM close_inbox(ARRAY['inbox', 'inbox_before'] ||
      ARRAY(SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'inbox'::regclass));
    PERFORM drop_inbox_before();
    RETURN 'inbox_before';
  END IF;
  FOR each IN SELECT day FROM inbox_days() AS day WHERE (day + 1)::timestamp < since AT TIME ZONE 'UTC' ORDER BY day LOOP
    part := inbox_day_table(each);
    CONTINUE WHEN inbox_received_since(part, since);
    PERFORM close_inbox(ARRAY['inbox', part]);
    IF inbox_received_since(part, since) THEN RETURN NULL; END IF;
    EXECUTE format('DROP TABLE %I', part);
    RETURN part;
  END LOOP;
  RETURN NULL;
END
$$;

SELECT make_inbox_day((now() AT TIME ZONE 'UTC')::date - 1);
SELECT make_inbox_days();

-- A replica of the previous version deletes outbox rows without a message in the inbox.
INSERT INTO inbox
SELECT event_id, received_at FROM inbox_before WHERE event_id IN (SELECT source_id FROM outbox);

-- Replicas of both versions recognise messages that were applied before this migration until Kafka
-- has deleted them: the insert of such a message is skipped, as by its primary key. Both objects
-- are dropped with inbox_before. A new shop needs neither.
DO $do$ BEGIN
  IF NOT EXISTS (SELECT FROM inbox_before) THEN
    PERFORM drop_inbox_before();
    RETURN;
  END IF;
  CREATE FUNCTION pass_over_seen_before() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF EXISTS (SELECT FROM inbox_before WHERE event_id = NEW.event_id) THEN RETURN NULL; END IF;
    RETURN NEW;
  END
  $$;
  CREATE TRIGGER seen_before BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION pass_over_seen_before();
END $do$;

-- Down Migration

SELECT 1;
