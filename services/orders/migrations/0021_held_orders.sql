-- Up Migration

-- An order may be HELD before it is charged. The new check is wider than the one before, which every
-- row has passed: nothing is left to validate. An older version never writes HELD, and changes a held
-- order only when its customer cancels it.
ALTER TABLE orders
  DROP CONSTRAINT orders_status_check,
  ADD CONSTRAINT orders_status_check
    CHECK (status IN ('PLACED', 'PROCESSING', 'HELD', 'CONFIRMED', 'SHIPPED', 'CANCELLED')) NOT VALID;

-- Each order that is held or has been: why, until when, and how the hold ended. An order is held once.
-- A row is written in the transaction that changes its order, which locks the order first.
CREATE TABLE order_holds (
  order_id uuid PRIMARY KEY,
  reasons jsonb NOT NULL,
  held_at timestamptz NOT NULL,
  -- When time decides if no person has decided by then, and how.
  due_at timestamptz NOT NULL,
  at_due text NOT NULL CHECK (at_due IN ('CANCEL', 'RELEASE')),
  outcome text CHECK (outcome IN ('RELEASED', 'CANCELLED')),
  decided_by text CHECK (decided_by IN ('STAFF', 'CUSTOMER', 'TIME', 'EVENT')),
  decided_at timestamptz,
  CHECK ((outcome IS NULL) = (decided_at IS NULL) AND (outcome IS NULL) = (decided_by IS NULL))
);
-- Open holds are found without reading ended ones: by their time, and by order for lists.
CREATE INDEX order_holds_due ON order_holds (due_at) WHERE outcome IS NULL;
CREATE INDEX order_holds_open ON order_holds (order_id) WHERE outcome IS NULL;

-- What members of the staff did with orders; written in the transaction of the act.
CREATE TABLE staff_acts (
  order_id uuid NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  staff text NOT NULL,
  act text NOT NULL,
  reason text NOT NULL,
  status_before text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (order_id, id)
);

-- Which of the staff looked at which order: one row an hour, however often they look.
CREATE TABLE staff_looks (
  order_id uuid NOT NULL,
  staff text NOT NULL,
  since timestamptz NOT NULL,
  looks int NOT NULL,
  last_at timestamptz NOT NULL,
  PRIMARY KEY (order_id, staff, since)
);

INSERT INTO sweeps (name) VALUES ('holds');

-- Down Migration

DELETE FROM sweeps WHERE name = 'holds';
DROP TABLE staff_looks, staff_acts, order_holds;
-- A held order has not been charged: its deadline runs again.
UPDATE orders SET status = 'PROCESSING', updated_at = now() WHERE status = 'HELD';
DELETE FROM order_events WHERE event IN ('HoldRequested', 'OrderHeld', 'OrderReleased');
ALTER TABLE orders
  DROP CONSTRAINT orders_status_check,
  ADD CONSTRAINT orders_status_check
    CHECK (status IN ('PLACED', 'PROCESSING', 'CONFIRMED', 'SHIPPED', 'CANCELLED')) NOT VALID;
