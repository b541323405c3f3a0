// Prepares idempotency_keys for 0014 while it is in use: a column that costs nothing, an index and
// a check that are built without locks. Every step may be repeated, since none is undone when a
// later one fails.

/** @param {import('node-pg-migrate').MigrationBuilder} pgm */
export function up(pgm) {
  pgm.noTransaction()
  pgm.sql(`ALTER TABLE idempotency_keys ADD COLUMN IF NOT EXISTS since timestamptz NOT NULL DEFAULT '-infinity'`)
  // It waits for older transactions, and nothing waits behind it.
  pgm.sql(`SET lock_timeout = '60s'`)
  pgm.sql('DROP INDEX CONCURRENTLY IF EXISTS idempotency_keys_first_pkey')
  pgm.sql(
    'CREATE UNIQUE INDEX CONCURRENTLY idempotency_keys_first_pkey ON idempotency_keys (customer_id, idempotency_key, since)',
  )
  pgm.sql(`SET lock_timeout = '200ms'`)
  pgm.sql('ALTER TABLE idempotency_keys DROP CONSTRAINT IF EXISTS idempotency_keys_first')
  pgm.sql(`ALTER TABLE idempotency_keys ADD CONSTRAINT idempotency_keys_first CHECK (since = '-infinity') NOT VALID`)
  pgm.sql('ALTER TABLE idempotency_keys VALIDATE CONSTRAINT idempotency_keys_first')
}

export const down = false
