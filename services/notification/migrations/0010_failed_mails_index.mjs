// An index on what was given up, so that the hourly deletion does not read a queue of a million
// messages that wait for a mail server. It has no entry for a message that waits. Every step may be
// repeated, since none is undone when a later one fails.

/** @param {import('node-pg-migrate').MigrationBuilder} pgm */
export function up(pgm) {
  pgm.noTransaction()
  // It waits for older transactions, and nothing waits behind it.
  pgm.sql(`SET lock_timeout = '60s'`)
  pgm.sql('DROP INDEX CONCURRENTLY IF EXISTS mails_failed')
  pgm.sql('CREATE INDEX CONCURRENTLY mails_failed ON mails (failed_at) WHERE failed_at IS NOT NULL')
  pgm.sql(`SET lock_timeout = '200ms'`)
}

/** @param {import('node-pg-migrate').MigrationBuilder} pgm */
export function down(pgm) {
  pgm.sql('DROP INDEX IF EXISTS mails_failed')
}
