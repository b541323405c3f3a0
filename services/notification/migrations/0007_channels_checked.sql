-- Up Migration

ALTER TABLE mails VALIDATE CONSTRAINT mails_lane_check;

-- Down Migration

SELECT;
