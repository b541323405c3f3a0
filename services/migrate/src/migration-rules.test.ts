// Can every migration from now on be run while the shop is open?
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { services } from './migrate.ts'
import { problemsOf } from './migration-rules.ts'

/** Written before these rules; what they did is done, or is done on tables that are still empty. */
const before: Readonly<Record<string, readonly string[]>> = {
  orders: ['0002_cancellation', '0003_by_customer_and_age', '0005_months'],
  inventory: ['0002_expiry'],
  payment: ['0002_refunds'],
  payment_provider: ['0002_refunds'],
}

const folders = [...services.map((service) => `services/${service.replaceAll('_', '-')}`), 'packages/stage']

const files = folders.flatMap((folder) => {
  const service = folder.slice(folder.indexOf('/') + 1).replaceAll('-', '_')
  const dir = join(import.meta.dirname, '../../..', folder, 'migrations')
  return readdirSync(dir)
    .filter((file) => file.endsWith('.sql'))
    .map((file) => ({ service, file, sql: readFileSync(join(dir, file), 'utf8') }))
})

test.each(files)('$service/$file locks no table for longer than a moment', ({ service, file, sql }) => {
  const problems = problemsOf(sql)
  if (before[service]?.includes(file.replace('.sql', ''))) expect(problems).not.toEqual([])
  else expect(problems).toEqual([])
})

test.each([
  ['CREATE INDEX late ON payments (status);', 'CREATE INDEX late ON payments'],
  ['CREATE UNIQUE INDEX late\n  ON payments (status);', 'CREATE UNIQUE INDEX late ON payments'],
  ['ALTER TABLE payments ADD CONSTRAINT c CHECK (amount > 0);', 'ALTER TABLE payments ADD CONSTRAINT c CHECK'],
  ['ALTER TABLE payments ADD PRIMARY KEY (a);', 'ALTER TABLE payments ADD PRIMARY KEY ('],
  ['ALTER TABLE payments ALTER COLUMN a SET NOT NULL;', 'ALTER TABLE payments ALTER COLUMN a SET NOT NULL'],
  ['ALTER TABLE payments ALTER a TYPE bigint;', 'ALTER TABLE payments ALTER a TYPE'],
  ['ALTER TABLE payments DROP COLUMN a;', 'ALTER TABLE payments DROP COLUMN'],
  ['ALTER TABLE payments RENAME TO b;', 'ALTER TABLE payments RENAME'],
  ['DROP TABLE payments;', 'DROP TABLE payments'],
  ['UPDATE payments SET a = 1;', 'UPDATE payments SET'],
])('refuses %s', (sql, match) => {
  expect(problemsOf(`-- Up Migration\n\n${sql}\n`)).toMatchObject([{ line: 3, found: match }])
})

test.each([
  'CREATE TABLE t (a int); CREATE INDEX early ON t (a); ALTER TABLE t ADD CHECK (a > 0);',
  'CREATE INDEX CONCURRENTLY late ON payments (status);',
  'ALTER TABLE payments ADD CONSTRAINT c CHECK (a > 0) NOT VALID;',
  'ALTER TABLE payments ADD COLUMN note text;',
  'UPDATE sweeps SET due_at = now() WHERE name = $$x$$;',
  '-- DROP TABLE payments;\nSELECT 1;',
  'SELECT 1;\n-- Down Migration\nDROP TABLE payments;',
])('accepts %s', (sql) => {
  expect(problemsOf(sql)).toEqual([])
})
