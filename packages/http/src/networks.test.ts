import { expect, test } from 'vitest'
import { networkMatcher } from './networks.ts'

test('finds an address in its network alone, also as an IPv4-mapped IPv6 address', () => {
  const within = networkMatcher(['10.0.0.0/8', '192.0.2.7', 'fd00::/8'])
  for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '192.0.2.7', 'fd12::1'])
    expect(within(address), address).toBe(true)
  for (const address of ['11.0.0.1', '::ffff:11.0.0.1', '192.0.2.8', 'fe80::1', '', 'gone', undefined])
    expect(within(address), address).toBe(false)
  expect(networkMatcher([])('10.1.2.3')).toBe(false)
})
