// Is a push message encrypted exactly as RFC 8291 shows it, and can the browser's key read any
// other?
import { createDecipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { encryptPush, longestPushText } from './push-encryption.ts'

function bytes(text: string) {
  return Buffer.from(text, 'base64url')
}

test('gives the message of RFC 8291, appendix A', () => {
  const browser = {
    p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
    auth: 'BTBZMqHH6r4Tts7J_aSIgg',
  }
  const keys = {
    privateKey: bytes('yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw'),
    salt: bytes('DGv6ra1nlYgDCS1FRnbzlw'),
  }
  const text = Buffer.from('When I grow up, I want to be a watermelon')
  expect(encryptPush(text, browser, keys).toString('base64url')).toBe(
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A' +
      '_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
  )
})

/** What a browser does, from the text of the RFC. */
function decrypted(body: Buffer, browser: ReturnType<typeof createECDH>, auth: Buffer): string {
  const [salt, server] = [body.subarray(0, 16), body.subarray(21, 86)]
  const key = (from: Uint8Array, saltOf: Uint8Array, info: Uint8Array, length: number) =>
    Buffer.from(hkdfSync('sha256', from, saltOf, info, length))
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), browser.getPublicKey(), server])
  const input = key(browser.computeSecret(server), auth, info, 32)
  const decipher = createDecipheriv(
    'aes-128-gcm',
    key(input, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16),
    key(input, salt, Buffer.from('Content-Encoding: nonce\0'), 12),
  )
  decipher.setAuthTag(body.subarray(-16))
  const padded = Buffer.concat([decipher.update(body.subarray(86, -16)), decipher.final()])
  expect(padded.at(-1)).toBe(2)
  return padded.subarray(0, -1).toString()
}

test('the browser reads each message, and no two are encrypted alike', () => {
  const [browser, auth] = [createECDH('prime256v1'), randomBytes(16)]
  browser.generateKeys()
  const keys = { p256dh: browser.getPublicKey().toString('base64url'), auth: auth.toString('base64url') }
  const longest = 'x'.repeat(longestPushText)
  const bodies = ['', 'ÄÖ€', longest, longest].map((text) => ({ text, body: encryptPush(Buffer.from(text), keys) }))
  for (const { text, body } of bodies) expect(decrypted(body, browser, auth)).toBe(text)
  expect(new Set(bodies.map(({ body }) => body.toString('hex'))).size).toBe(4)
  expect(bodies[2]?.body).toHaveLength(4_096)
  expect(() => encryptPush(Buffer.from(`${longest}x`), keys)).toThrow(`allowed: ${longestPushText} at most`)
})

test('refuses keys that are none', () => {
  const auth = 'BTBZMqHH6r4Tts7J_aSIgg'
  const p256dh = 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4'
  expect(() => encryptPush(Buffer.from('x'), { p256dh: 'AAAA', auth })).toThrow('p256dh: found 3 octets')
  expect(() => encryptPush(Buffer.from('x'), { p256dh, auth: 'AAAA' })).toThrow('auth: found 3 octets; allowed: 16')
})
