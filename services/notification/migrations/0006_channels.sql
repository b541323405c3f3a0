-- Up Migration

-- Settings of a customer. A customer without a row gets the mails about their orders and nothing
-- else.
CREATE TABLE preferences (
  customer_id text PRIMARY KEY,
  -- E.164, such as +4915112345678; where SMS go.
  phone text,
  -- When marketing waits, in local time of the zone; null for what the shop has configured.
  time_zone text,
  quiet_from text,
  quiet_to text,
  changed_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((quiet_from IS NULL) = (quiet_to IS NULL))
);

-- What a customer has agreed to, and since when. Every lane but `order` needs a row.
CREATE TABLE consents (
  customer_id text NOT NULL REFERENCES preferences ON DELETE CASCADE,
  lane text NOT NULL CHECK (lane IN ('marketing', 'sms-order', 'sms-marketing', 'push-order', 'push-marketing')),
  since timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (customer_id, lane)
);

-- The browsers of a customer that take push messages.
CREATE TABLE push_subscriptions (
  customer_id text NOT NULL REFERENCES preferences ON DELETE CASCADE,
  endpoint text NOT NULL,
  p256dh text NOT NULL,
  auth text NOT NULL,
  since timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (customer_id, endpoint)
);

-- The queue carries messages of all channels. Replicas of the previous version take the lanes
-- `order` and `marketing` alone.
ALTER TABLE mails ADD COLUMN customer_id text;
ALTER TABLE mails DROP CONSTRAINT mails_lane_check;
ALTER TABLE mails ADD CONSTRAINT mails_lane_check
  CHECK (lane IN ('order', 'marketing', 'sms-order', 'sms-marketing', 'push-order', 'push-marketing')) NOT VALID;

-- Down Migration

DELETE FROM mails WHERE lane NOT IN ('order', 'marketing');
ALTER TABLE mails DROP CONSTRAINT mails_lane_check;
ALTER TABLE mails ADD CONSTRAINT mails_lane_check CHECK (lane IN ('order', 'marketing')) NOT VALID;
ALTER TABLE mails DROP COLUMN customer_id;
DROP TABLE push_subscriptions, consents, preferences;
