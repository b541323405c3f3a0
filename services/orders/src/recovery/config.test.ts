import { expect, test } from 'vitest'
import { recoveryArguments } from './config.ts'

const now = new Date('2026-02-01T12:00:00Z')

test('the recovery of orders writes only when asked to', () => {
  const since = new Date('2026-02-01T11:00:00Z')
  expect(recoveryArguments(['2026-02-01T11:00:00Z'], now)).toEqual({ since, write: false, json: false })
  expect(recoveryArguments(['--yes', '2026-02-01T11:00:00Z', '--json'], now)).toEqual({
    since,
    write: true,
    json: true,
  })
})

test.each([[[]], [['yesterday']], [['2026-02-01T13:00:00Z']], [['2026-02-01T11:00:00Z', '--now']]])(
  'the recovery of orders refuses the arguments %j',
  (args) => expect(() => recoveryArguments(args, now)).toThrow('allowed: a time in the past'),
)
