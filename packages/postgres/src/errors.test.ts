// Is each database error classified by what its reader must do about it?
import { expect, test } from 'vitest'
import { databaseError } from './errors.ts'

function errorWithCode(code: string) {
  return databaseError(Object.assign(new Error('x'), { code }))
}

test.each(['40001', '40P01'])('%s is contention: a few more tries', (code) => {
  expect(errorWithCode(code)).toMatchObject({ reason: 'Contended', retry: true, outage: false, code })
})

test.each([
  ['55P03', 'lock'],
  ['57014', 'time'],
])('%s is an outage of maybe some messages: wait and blame none', (code, stall) => {
  expect(errorWithCode(code)).toMatchObject({ reason: 'Stalled', retry: true, outage: true, stall, code })
})

test.each(['23505', '22003', '23514'])('%s is a fault of the data: no retry', (code) => {
  expect(errorWithCode(code)).toMatchObject({ reason: 'Rejected', retry: false, outage: false })
})

test.each(['ECONNREFUSED', '57P01', '08006', '53300', '42P01', '28P01', '3F000'])(
  '%s is an outage: wait and blame no message',
  (code) =>
    expect(errorWithCode(code)).toMatchObject({ reason: 'Unavailable', retry: true, outage: true, stall: undefined }),
)

test('an error without a code is an outage, and a classified error stays as it is', () => {
  const error = databaseError(new Error('Connection terminated unexpectedly'))
  expect(error).toMatchObject({ reason: 'Unavailable', code: 'UNKNOWN' })
  expect(databaseError(error)).toBe(error)
})
