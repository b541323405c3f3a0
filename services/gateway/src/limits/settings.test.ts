import { expect, test } from 'vitest'
import { limitVariables } from './settings.ts'

test('accepts an address or a network of one bit or more as trusted proxy', () => {
  const accepts = (text: string) => limitVariables.HTTP_TRUSTED_PROXIES.safeParse(text).success
  for (const text of ['10.0.0.0/8', '192.0.2.7', '10.0.0.0/8,fd00::/8', '128.0.0.0/1'])
    expect(accepts(text), text).toBe(true)
  for (const text of ['0.0.0.0/0', '::/0', '10.0.0.0/33', '10.0.0.0/8/8', 'ingress', '10.0.0.0/x'])
    expect(accepts(text), text).toBe(false)
})
