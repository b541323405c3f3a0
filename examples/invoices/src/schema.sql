-- Run as often as you like, by an administrator; $LOGIN is replaced by the login that the stage connects with.
SELECT pg_advisory_xact_lock(7461131);

DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'invoices') THEN
    CREATE ROLE invoices NOLOGIN;
  END IF;
END $$;
GRANT invoices TO CURRENT_USER;
GRANT invoices TO $LOGIN;
CREATE SCHEMA IF NOT EXISTS invoices AUTHORIZATION invoices;
SET LOCAL ROLE invoices;
SET LOCAL search_path TO invoices;

-- What the events say of an order. Its row is locked by every transaction about the order, so that of two events which arrive together
-- at two replicas the second sees the first.
CREATE TABLE IF NOT EXISTS orders (
  order_id uuid PRIMARY KEY,
  customer_id text NOT NULL,
  -- NULL until its OrderValidated has come.
  currency text,
  total_cents bigint,
  items jsonb,
  cancelled_at timestamptz
);
CREATE INDEX IF NOT EXISTS orders_cancelled ON orders (cancelled_at) WHERE cancelled_at IS NOT NULL;

-- Money that was taken for an order, and that went back.
CREATE TABLE IF NOT EXISTS charges (
  order_id uuid NOT NULL REFERENCES orders,
  charge_id text NOT NULL,
  -- NULL: only its refund is known.
  captured_at timestamptz,
  captured_cents bigint,
  captured_currency text,
  refund_id text,
  refunded_at timestamptz,
  refunded_cents bigint,
  refunded_currency text,
  PRIMARY KEY (order_id, charge_id)
);
CREATE INDEX IF NOT EXISTS charges_captured ON charges (captured_at);
CREATE INDEX IF NOT EXISTS charges_refunded ON charges (refunded_at) WHERE refunded_at IS NOT NULL;

-- Refunds of parts of a charge, as they were requested and made; either may come first.
CREATE TABLE IF NOT EXISTS partial_refunds (
  order_id uuid NOT NULL REFERENCES orders,
  refund_id uuid NOT NULL,
  requested boolean NOT NULL,
  -- The pieces; NULL where it is of an amount.
  items jsonb,
  -- NULL until it is made.
  charge_id text,
  refunded_at timestamptz,
  amount_cents bigint,
  currency text,
  PRIMARY KEY (order_id, refund_id)
);
CREATE INDEX IF NOT EXISTS partial_refunds_made ON partial_refunds (refunded_at) WHERE refunded_at IS NOT NULL;

-- Filled by the team, from wherever it has its customers: the shop's events carry no address.
CREATE TABLE IF NOT EXISTS buyers (
  customer_id text PRIMARY KEY,
  name text,
  address text,
  tax_id text,
  country text NOT NULL CHECK (country ~ '^[A-Z]{2}$')
);

-- The last number of each series. The row is locked from the number to the commit, which is what keeps the numbers without a gap: a
-- sequence would not give back the numbers of a transaction that is rolled back.
CREATE TABLE IF NOT EXISTS counters (
  series text PRIMARY KEY,
  year integer NOT NULL,
  last_number bigint NOT NULL,
  last_day date NOT NULL
);

-- Invoices and credit notes; never changed but for published_at.
CREATE TABLE IF NOT EXISTS documents (
  series text NOT NULL,
  year integer NOT NULL,
  number bigint NOT NULL CHECK (number > 0),
  kind text NOT NULL CHECK (kind IN ('invoice', 'credit-note')),
  issued_on date NOT NULL,
  order_id uuid NOT NULL REFERENCES orders,
  customer_id text NOT NULL,
  charge_id text NOT NULL,
  refund_id text,
  -- The number of the invoice that a credit note is of.
  invoice text,
  buyer jsonb NOT NULL,
  currency text NOT NULL,
  net_cents bigint NOT NULL,
  tax_cents bigint NOT NULL,
  gross_cents bigint NOT NULL,
  event text NOT NULL,
  published_at timestamptz,
  PRIMARY KEY (series, year, number),
  CHECK ((kind = 'credit-note') = (invoice IS NOT NULL AND refund_id IS NOT NULL)),
  CHECK (net_cents + tax_cents = gross_cents)
);
-- An order has one invoice, and one credit note for each refund. Older tables allowed one in all.
ALTER TABLE documents DROP CONSTRAINT IF EXISTS documents_order_id_kind_key;
CREATE UNIQUE INDEX IF NOT EXISTS documents_invoice ON documents (order_id) WHERE kind = 'invoice';
CREATE UNIQUE INDEX IF NOT EXISTS documents_credit ON documents (order_id, refund_id) WHERE kind = 'credit-note';
-- Both of them, and those that are not published yet.
CREATE INDEX IF NOT EXISTS documents_by_order ON documents (order_id);
-- The ledger is read in this order.
CREATE INDEX IF NOT EXISTS documents_by_day ON documents (issued_on, series, year, number);

CREATE TABLE IF NOT EXISTS document_lines (
  series text NOT NULL,
  year integer NOT NULL,
  number bigint NOT NULL,
  position integer NOT NULL,
  sku text NOT NULL,
  quantity integer NOT NULL,
  unit_price_cents bigint NOT NULL,
  -- Thousandths of a percent.
  rate integer NOT NULL,
  net_cents bigint NOT NULL,
  tax_cents bigint NOT NULL,
  gross_cents bigint NOT NULL,
  PRIMARY KEY (series, year, number, position),
  FOREIGN KEY (series, year, number) REFERENCES documents,
  CHECK (net_cents + tax_cents = gross_cents)
);
