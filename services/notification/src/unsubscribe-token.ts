// Who may end a consent without a login? Who has the link of a message: it names customer and lane,
// signed by the shop, so that a guessed one costs no look into the database.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { lanes, needsConsent } from './lanes.ts'
import type { ConsentedLane } from './lanes.ts'

export interface Unsubscription {
  readonly customerId: string
  readonly lane: ConsentedLane
}

/** The shortest secret of HMAC-SHA256 that is not weaker than the hash (RFC 2104, 3). */
export const unsubscribeSecretBytes = 32

/** It does not expire: mails are read years later, and a link only ever takes away a consent. */
export function unsubscribeToken({ customerId, lane }: Unsubscription, secret: string): string {
  const content = Buffer.from(JSON.stringify([lane, customerId])).toString('base64url')
  return `${content}.${signatureOf(content, secret).toString('base64url')}`
}

/** `undefined`: no token of this shop. */
export function readUnsubscribeToken(token: string, secret: string): Unsubscription | undefined {
  const [content = '', signature = '', ...more] = token.split('.')
  const [expected, given] = [signatureOf(content, secret), Buffer.from(signature, 'base64url')]
  if (more.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  const [lane, customerId] = JSON.parse(Buffer.from(content, 'base64url').toString()) as unknown[]
  const consentedLane = lanes.filter(needsConsent).find((name) => name === lane)
  return consentedLane === undefined || typeof customerId !== 'string' ? undefined : { lane: consentedLane, customerId }
}

function signatureOf(content: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(`unsubscribe ${content}`).digest()
}
