// How is a push message encrypted so that only the browser can read it (RFC 8291, with the coding
// aes128gcm of RFC 8188)? With a key that follows from the browser's key, a key of this message
// alone, and the secret that browser and shop share.
import { createCipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto'

/** The keys of a subscription, as the browser gives them: base64url. */
export interface SubscriptionKeys {
  readonly p256dh: string
  readonly auth: string
}

/** Chosen at random for each message. */
export interface MessageKeys {
  readonly privateKey: Buffer
  readonly salt: Buffer
}

/**
 * Every push service takes a body of 4,096 octets (RFC 8030, 7.2): header, text, delimiter, tag.
 */
const recordSize = 4_096
const headerSize = 16 + 4 + 1 + 65
export const longestPushText = recordSize - headerSize - 1 - 16

/** @throws TypeError if a key of the subscription is none, or the text is too long */
export function encryptPush(
  text: Uint8Array,
  { p256dh, auth }: SubscriptionKeys,
  keys?: MessageKeys,
): Buffer<ArrayBuffer> {
  if (text.length > longestPushText)
    throw new TypeError(`text: found ${text.length} octets; allowed: ${longestPushText} at most`)
  const [theirs, secret] = [Buffer.from(p256dh, 'base64url'), Buffer.from(auth, 'base64url')]
  if (secret.length !== 16) throw new TypeError(`auth: found ${secret.length} octets; allowed: 16`)
  const ecdh = createECDH('prime256v1')
  if (keys) ecdh.setPrivateKey(keys.privateKey)
  else ecdh.generateKeys()
  const ours = ecdh.getPublicKey()
  const shared = sharedSecret(ecdh, theirs)
  const salt = keys?.salt ?? randomBytes(16)
  const keyInfo = Buffer.concat([Buffer.from('WebPush: info\0'), theirs, ours])
  const inputKey = derived(shared, secret, keyInfo, 32)
  const contentKey = derived(inputKey, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16)
  const nonce = derived(inputKey, salt, Buffer.from('Content-Encoding: nonce\0'), 12)
  const cipher = createCipheriv('aes-128-gcm', contentKey, nonce)
  // The delimiter 2 says that this record is the last one.
  const encrypted = Buffer.concat([cipher.update(text), cipher.update(Buffer.from([2])), cipher.final()])
  const size = Buffer.alloc(4)
  size.writeUInt32BE(recordSize)
  return Buffer.concat([salt, size, Buffer.from([ours.length]), ours, encrypted, cipher.getAuthTag()])
}

function sharedSecret(ecdh: ReturnType<typeof createECDH>, theirs: Buffer): Buffer {
  try {
    return ecdh.computeSecret(theirs)
  } catch (cause) {
    throw new TypeError(`p256dh: found ${theirs.length} octets; allowed: a point on P-256`, { cause })
  }
}

function derived(key: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, info, length))
}
