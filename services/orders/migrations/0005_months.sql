-- Up Migration

-- Orders, their lines and their history are kept by month. An id is a UUID of version 7, which
-- begins with 48 bits of Unix milliseconds, so a month is a range of ids: the primary keys stay as
-- they are, and a query by id reads one month.

ALTER TABLE orders RENAME TO orders_whole;
ALTER TABLE order_items RENAME TO order_items_whole;
ALTER TABLE order_events RENAME TO order_events_whole;
ALTER INDEX orders_pkey RENAME TO orders_whole_pkey;
ALTER INDEX order_items_pkey RENAME TO order_items_whole_pkey;
ALTER INDEX order_events_pkey RENAME TO order_events_whole_pkey;
DROP INDEX orders_under_way, orders_by_customer;

CREATE TABLE orders (LIKE orders_whole INCLUDING DEFAULTS INCLUDING CONSTRAINTS, PRIMARY KEY (order_id))
  PARTITION BY RANGE (order_id);
CREATE TABLE order_items (LIKE order_items_whole INCLUDING DEFAULTS INCLUDING CONSTRAINTS, PRIMARY KEY (order_id, line))
  PARTITION BY RANGE (order_id);
CREATE TABLE order_events (LIKE order_events_whole INCLUDING DEFAULTS INCLUDING CONSTRAINTS, PRIMARY KEY (order_id, event))
  PARTITION BY RANGE (order_id);
CREATE INDEX orders_under_way ON orders (status, updated_at) WHERE status IN ('PLACED', 'PROCESSING', 'CONFIRMED');
CREATE INDEX orders_by_customer ON orders (customer_id, order_id);

-- Orders without a month: no order is refused because its month was created late or a clock was
-- wrong.
CREATE TABLE orders_default PARTITION OF orders DEFAULT WITH (fillfactor = 80);
CREATE TABLE order_items_default PARTITION OF order_items DEFAULT WITH (fillfactor = 80);
CREATE TABLE order_events_default PARTITION OF order_events DEFAULT;

-- A lower bound of every id of the month.
CREATE FUNCTION first_order_id(of_month date) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT rpad(lpad(to_hex((extract(epoch FROM date_trunc('month', of_month::timestamp)) * 1000)::bigint), 12, '0'), 32, '0')::uuid
$$;

-- NULL where the id contains no time.
CREATE FUNCTION month_of_order(id uuid) RETURNS date LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN substr(id::text, 15, 1) = '7' THEN date_trunc('month', timestamp '1970-01-01' +
    ('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint * interval '1 millisecond')::date END
$$;

CREATE FUNCTION this_month() RETURNS date LANGUAGE sql STABLE AS $$
  SELECT date_trunc('month', now() AT TIME ZONE 'UTC')::date
$$;

-- The name of a table while it is a partition and after it was detached.
CREATE FUNCTION month_table(parent text, of_month date) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT parent || to_char(of_month::timestamp, '_YYYY_MM')
$$;

-- The attached months, without the detached ones.
CREATE FUNCTION order_months() RETURNS SETOF date LANGUAGE sql STABLE AS $$
  SELECT to_date(right(child.relname, 7), 'YYYY_MM')
  FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
  WHERE inhparent = 'orders'::regclass AND child.relname ~ '^orders_\d{4}_\d{2}$'
$$;

-- Locks these tables exclusively until the end of the transaction. A transaction that waited for a
-- second table could form a deadlock with readers that lock in another sequence. So it waits for
-- the first table alone, for a tenth of a second, and otherwise releases its locks and tries again.
CREATE FUNCTION close_tables(tables text[]) RETURNS void LANGUAGE plpgsql SET lock_timeout = '100ms' AS $$
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

-- False if the month exists or was detached. A table is attached instead of being created as a
-- partition, so that only the default partition is locked, for a moment, and almost no query needs
-- it.
CREATE FUNCTION make_order_month(of_month date) RETURNS boolean LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
DECLARE
  parent text;
  own text;
  since uuid := first_order_id(of_month);
  upto uuid := first_order_id((of_month + interval '1 month')::date);
BEGIN
  -- One process at a time creates months.
  PERFORM FROM sweeps WHERE name = 'months' FOR NO KEY UPDATE;
  IF to_regclass(month_table('orders', of_month)) IS NOT NULL THEN RETURN false; END IF;
  FOREACH parent IN ARRAY ARRAY['orders', 'order_items', 'order_events'] LOOP
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', month_table(parent, of_month), parent);
  END LOOP;
  PERFORM close_tables(ARRAY['orders_default', 'order_items_default', 'order_events_default']);
  FOREACH parent IN ARRAY ARRAY['orders', 'order_items', 'order_events'] LOOP
    own := month_table(parent, of_month);
    EXECUTE format('WITH late AS (DELETE FROM %I WHERE order_id >= %L AND order_id < %L RETURNING *) INSERT INTO %I SELECT * FROM late',
      parent || '_default', since, upto, own);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, own, since, upto);
  END LOOP;
  -- The fill factor leaves room for updates on the same page. Every order passes through
  -- orders_under_way, and each search for overdue orders would read its dead entries.
  EXECUTE format('ALTER TABLE %I SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 100000)',
    month_table('orders', of_month));
  EXECUTE format('ALTER TABLE %I SET (fillfactor = 80)', month_table('order_items', of_month));
  RETURN true;
END
$$;

-- Creates this month and the following ones where they are missing. Returns the created ones.
CREATE FUNCTION make_order_months(ahead int DEFAULT 3) RETURNS SETOF date LANGUAGE plpgsql AS $$
DECLARE
  each date;
BEGIN
  FOR each IN SELECT (this_month() + n * interval '1 month')::date FROM generate_series(0, ahead) AS n LOOP
    IF make_order_month(each) THEN RETURN NEXT each; END IF;
  END LOOP;
END
$$;

-- Takes a month out of orders, order_items and order_events, all three or none. It stays as three
-- separate tables, to be archived and dropped. Refused while one of its orders may still change.
CREATE FUNCTION detach_order_month(of_month date) RETURNS SETOF text LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
DECLARE
  parent text;
  busy boolean;
BEGIN
  of_month := date_trunc('month', of_month::timestamp)::date;
  IF of_month >= this_month() THEN
    RAISE EXCEPTION 'month: found %; allowed: one that is over', to_char(of_month::timestamp, 'YYYY-MM');
  END IF;
  IF of_month NOT IN (SELECT order_months()) THEN
    RAISE EXCEPTION 'month: found %; allowed: one of %', to_char(of_month::timestamp, 'YYYY-MM'),
      (SELECT string_agg(to_char(month::timestamp, 'YYYY-MM'), ', ' ORDER BY month)
       FROM order_months() AS month WHERE month < this_month());
  END IF;
  EXECUTE format(
    'SELECT EXISTS (SELECT FROM %I WHERE status NOT IN (''SHIPPED'', ''CANCELLED'') OR updated_at > now() - interval ''8 days'')',
    month_table('orders', of_month)) INTO busy;
  IF busy THEN
    RAISE EXCEPTION 'month: found %, with orders that are under way or ended within 8 days; allowed: one that is done with',
      to_char(of_month::timestamp, 'YYYY-MM');
  END IF;
  PERFORM FROM sweeps WHERE name = 'months' FOR NO KEY UPDATE;
  PERFORM close_tables(ARRAY['orders', 'order_items', 'order_events']);
  FOREACH parent IN ARRAY ARRAY['orders', 'order_items', 'order_events'] LOOP
    EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, month_table(parent, of_month));
    RETURN NEXT month_table(parent, of_month);
  END LOOP;
END
$$;

INSERT INTO sweeps (name) VALUES ('months');

-- Existing rows move into their months; rows whose id has no time, or a future one, stay without a
-- month.
SELECT make_order_month(month)
FROM (SELECT DISTINCT month_of_order(order_id) AS month FROM orders_whole) AS past
WHERE month BETWEEN '2000-01-01' AND this_month();
SELECT make_order_months();
INSERT INTO orders SELECT * FROM orders_whole;
INSERT INTO order_items SELECT * FROM order_items_whole;
INSERT INTO order_events SELECT * FROM order_events_whole;
DROP TABLE orders_whole, order_items_whole, order_events_whole;

-- Down Migration

ALTER TABLE orders RENAME TO orders_by_month;
ALTER TABLE order_items RENAME TO order_items_by_month;
ALTER TABLE order_events RENAME TO order_events_by_month;
ALTER INDEX orders_pkey RENAME TO orders_by_month_pkey;
ALTER INDEX order_items_pkey RENAME TO order_items_by_month_pkey;
ALTER INDEX order_events_pkey RENAME TO order_events_by_month_pkey;
DROP INDEX orders_under_way, orders_by_customer;
CREATE TABLE orders (LIKE orders_by_month INCLUDING DEFAULTS INCLUDING CONSTRAINTS, PRIMARY KEY (order_id))
  WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 100000);
CREATE TABLE order_items (LIKE order_items_by_month INCLUDING DEFAULTS INCLUDING CONSTRAINTS, PRIMARY KEY (order_id, line))
  WITH (fillfactor = 80);
CREATE TABLE order_events (LIKE order_events_by_month INCLUDING DEFAULTS INCLUDING CONSTRAINTS, PRIMARY KEY (order_id, event));
CREATE INDEX orders_under_way ON orders (status, updated_at) WHERE status IN ('PLACED', 'PROCESSING', 'CONFIRMED');
CREATE INDEX orders_by_customer ON orders (customer_id, order_id);
INSERT INTO orders SELECT * FROM orders_by_month;
INSERT INTO order_items SELECT * FROM order_items_by_month;
INSERT INTO order_events SELECT * FROM order_events_by_month;
DROP TABLE orders_by_month, order_items_by_month, order_events_by_month;
DROP FUNCTION detach_order_month, make_order_months, make_order_month, close_tables, order_months, month_table, this_month, month_of_order, first_order_id;
DELETE FROM sweeps WHERE name = 'months';
