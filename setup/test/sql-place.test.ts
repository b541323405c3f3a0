// Is SQL outside sql/ found, and a name that does not say what its statement does?
import { Linter } from 'eslint'
import { describe, expect, it } from 'vitest'
import { sqlPlace } from '../lint/sql-place.ts'

const config: Linter.Config[] = [
  {
    files: ['**/*.ts'],
    plugins: { local: { rules: { 'sql-place': sqlPlace } } },
    rules: { 'local/sql-place': 'error' },
  },
]
function problems(filename: string, code: string) {
  return new Linter().verify(code, config, { filename }).map(({ message }) => message)
}
function literal(text: string) {
  return `export const text = \`${text}\`\n`
}

describe('SQL in services/<service>/src', () => {
  it.each([
    'SELECT',
    'SELECT sku FROM prices',
    '\nSELECT\n  sku\nFROM prices',
    'INSERT INTO orders (order_id) VALUES ($1)',
    'UPDATE orders SET status = $1',
    '\nUPDATE deadline_progress AS progress\nSET last_at = now()',
    'DELETE FROM ${table} WHERE id = $1',
    'WITH input AS MATERIALIZED (SELECT 1) SELECT FROM input',
    'DO $$ BEGIN END $$',
  ])('is refused outside sql/: %j', (text) => {
    const code = `export const table = 'a'\n${literal(text.replaceAll('$$', '\\$\\$'))}`
    expect(problems('services/orders/src/intake/relay.ts', code)).toEqual([
      'SQL of a service stands in services/orders/src/sql/<table or topic>.ts.',
    ])
    expect(problems('services/orders/src/sql/outbox.ts', code)).toEqual([])
    expect(problems('services/orders/test/relay.test.ts', code)).toEqual([])
  })

  it.each(['DELETE', 'SELECTED', 'UPDATE the page', 'WITH care', 'Select a product', 'not a SELECT sku'])(
    'is not suspected in %j',
    (text) => {
      expect(problems('services/gateway/src/api/page.ts', literal(text))).toEqual([])
    },
  )
})

describe('the name of a statement', () => {
  const withName = (name: string) => `export const statement = { name: ${name}, text: 'SELECT' }\n`
  it.each(["'orders.select-prices'", '`orders.lock-${job}`', "'orders.add-to-outbox'"])('may be %s', (name) => {
    expect(problems('services/orders/src/sql/prices.ts', withName(name))).toEqual([])
  })

  it.each([
    "'orders_select'",
    "'relay.select-prices'",
    "'orders.prices'",
    "'orders.price.select-it'",
    '`${job}.lock-it`',
  ])('may not be %s', (name) => {
    expect(problems('services/orders/src/sql/prices.ts', withName(name))).toEqual([
      expect.stringMatching(/^The name of a statement is 'orders.<verb>-<noun>', in lower case; found '/),
    ])
  })
})
