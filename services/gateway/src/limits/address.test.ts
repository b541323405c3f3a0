import { expect, test } from 'vitest'
import { addressKey } from './address.ts'

test('gives every spelling of an IPv4 address one form', () => {
  expect(addressKey('192.0.2.7')).toBe('192.0.2.7')
  expect(addressKey('::ffff:192.0.2.7')).toBe('192.0.2.7')
})

test('counts all IPv6 addresses of a /64 as one', () => {
  for (const address of ['2001:db8:0:1::1', '2001:db8::1:ffff:0:0:9', '2001:0db8:0000:0001:a:b:c:d'])
    expect(addressKey(address)).toBe('2001:db8:0:1::/64')
  expect(addressKey('2001:db8:0:2::1')).not.toBe(addressKey('2001:db8:0:1::1'))
  expect(addressKey('::1')).toBe('0:0:0:0::/64')
  expect(addressKey('fe80::1%eth0')).toBe('fe80:0:0:0::/64')
})
