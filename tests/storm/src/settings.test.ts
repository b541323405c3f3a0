// Is a storm's length and size read as it was given, and a wrong value named?
import { expect, test } from 'vitest'
import { settingsOf } from './settings.ts'

function half() {
  return 0.5
}

test('defaults to twenty minutes, a backlog of 100,000 orders and a random seed', () => {
  expect(settingsOf({}, [], half)).toEqual({
    ...{ minutes: 20, orders: 100_000, drainMinutes: 20, seed: 2 ** 31 },
    ...{ report: undefined, json: false, help: false },
  })
})

test('reads variables and options', () => {
  const env = { STORM_MINUTES: '0.5', STORM_ORDERS: '300', STORM_SEED: '7', STORM_REPORT: 'storm.jsonl' }
  expect(settingsOf(env, ['--json'], half)).toMatchObject({
    ...{ minutes: 0.5, orders: 300, seed: 7, report: 'storm.jsonl', json: true },
  })
  expect(settingsOf({}, ['--help'], half).help).toBe(true)
})

test('names each wrong value with what was found and what is allowed', () => {
  const env = { STORM_MINUTES: 'long', STORM_ORDERS: '1.5', STORM_SEED: '-1' }
  expect(() => settingsOf(env, ['--fast'], half)).toThrow(
    /^Unknown option '--fast'.*\nSTORM_MINUTES: found "long"; allowed: a number from 0.1 to 1440\nSTORM_ORDERS: found "1.5"; allowed: a whole number.*\nSTORM_SEED: found "-1"/,
  )
})
