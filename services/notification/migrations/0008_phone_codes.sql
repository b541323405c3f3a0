-- Up Migration

-- The number that the customer has proved to be theirs. SMS go to `phone` only where both are the
-- same: a gateway of the previous version changes `phone` alone.
ALTER TABLE preferences ADD COLUMN confirmed_phone text;

-- Codes that customers have requested lately, to be posted back from the number.
CREATE TABLE phone_codes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id text NOT NULL REFERENCES preferences ON DELETE CASCADE,
  phone text NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT now(),
  -- Salt and hash of the code, and its end: from the moment at which it is sent.
  code_hash text,
  expires_at timestamptz CHECK ((expires_at IS NULL) = (code_hash IS NULL)),
  tries integer NOT NULL DEFAULT 0
);
CREATE INDEX phone_codes_by_customer ON phone_codes (customer_id, requested_at);
CREATE INDEX phone_codes_by_phone ON phone_codes (phone, requested_at);
CREATE INDEX phone_codes_by_age ON phone_codes (requested_at);

-- Replicas of the previous version leave the lane alone.
ALTER TABLE mails DROP CONSTRAINT mails_lane_check;
ALTER TABLE mails ADD CONSTRAINT mails_lane_check CHECK (
  lane IN ('order', 'marketing', 'sms-order', 'sms-marketing', 'push-order', 'push-marketing', 'sms-code')
) NOT VALID;

-- Down Migration

DELETE FROM mails WHERE lane = 'sms-code';
ALTER TABLE mails DROP CONSTRAINT mails_lane_check;
ALTER TABLE mails ADD CONSTRAINT mails_lane_check
  CHECK (lane IN ('order', 'marketing', 'sms-order', 'sms-marketing', 'push-order', 'push-marketing')) NOT VALID;
DROP TABLE phone_codes;
ALTER TABLE preferences DROP COLUMN confirmed_phone;
