// Is staff recognised by the scopes of a token alone, and does a refusal name those that are
// missing?
import { HttpProblemError } from '@orderpipeline/http'
import { expect, test } from 'vitest'
import { staffIn } from './staff-scope.ts'
import type { NeededScopes } from './staff-scope.ts'

const staff: NeededScopes = { scope: 'shop.staff' }
const holds: NeededScopes = { scope: 'shop.staff', routeScope: 'orders:hold' }

function refusalOf(payload: object, scopes: NeededScopes): unknown {
  try {
    return staffIn({ sub: 'kim', ...payload }, scopes)
  } catch (error) {
    return error instanceof HttpProblemError ? [error.status, error.problems?.[0]?.found] : error
  }
}

test.each([
  [{ scope: 'openid shop.staff orders:hold' }],
  [{ scp: ['orders:hold', 'shop.staff'] }],
  [{ scp: 'shop.staff orders:hold' }],
  [{ roles: ['shop.staff', 'orders:hold'] }],
  [{ scope: 'shop.staff', roles: ['orders:hold'] }],
])('accepts scopes wherever an issuer puts them: %j', (payload) => {
  expect(staffIn({ sub: 'kim', ...payload }, holds)).toBe('kim')
})

test.each([
  [{ scope: 'shop.staff' }, 'a token without the scope orders:hold'],
  // An issuer may give it to customers: it makes no caller staff.
  [{ scope: 'orders:hold orders:read' }, 'a token without the scope shop.staff'],
  [{}, 'a token without the scopes shop.staff and orders:hold'],
  [{ scope: 'shop.staff orders:holding' }, 'a token without the scope orders:hold'],
  [
    { scope: { 'orders:hold': true }, roles: 'shop.staff orders:hold' },
    'a token without the scopes shop.staff and orders:hold',
  ],
])('refuses %j and names what is missing', (payload, message) => {
  expect(refusalOf(payload, holds)).toEqual([403, message])
})

test('needs no further scope where the route needs none, and a subject always', () => {
  expect(refusalOf({ scope: 'shop.staff' }, staff)).toBe('kim')
  expect(refusalOf({ scope: 'shop.staff', sub: undefined }, staff)).toEqual([403, 'a token without a usable sub'])
})
