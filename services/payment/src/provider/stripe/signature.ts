// Is a webhook call from Stripe, and fresh? Its header `Stripe-Signature` has the time `t` and one
// signature `v1` for each secret that is valid at the moment: the HMAC with SHA-256 of
// `<t>.<body>`, in hexadecimal.
import { createHmac, timingSafeEqual } from 'node:crypto'

export type SignatureVerdict = 'genuine' | 'malformed' | 'forged' | 'stale'

/** Seconds that `t` may be off, either way; a recorded call that is sent again later is refused. */
export const toleranceSeconds = 300

/** `body`: as it came, byte for byte. `secrets`: more than one while one is replaced by another. */
export function signatureVerdict(
  body: Buffer,
  header: string,
  secrets: readonly string[],
  now: Date,
): SignatureVerdict {
  const fields = header.split(',').map((field) => field.trim().split('='))
  const time = fields.find(([name]) => name === 't')?.[1] ?? ''
  const signatures = fields.flatMap(([name, value]) => (name === 'v1' && value !== undefined ? [value] : []))
  if (!/^\d{1,12}$/.test(time) || signatures.length === 0) return 'malformed'
  const digests = secrets.map((secret) => createHmac('sha256', secret).update(`${time}.`).update(body).digest())
  const genuine = signatures.some((signature) => digests.some((digest) => same(digest, signature)))
  if (!genuine) return 'forged'
  return Math.abs(now.getTime() / 1_000 - Number(time)) > toleranceSeconds ? 'stale' : 'genuine'
}

function same(digest: Buffer, hexadecimal: string): boolean {
  const bytes = Buffer.from(hexadecimal, 'hex')
  return bytes.length === digest.length && timingSafeEqual(bytes, digest)
}
