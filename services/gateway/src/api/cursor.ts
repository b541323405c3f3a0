// Where does the next page begin? After the last order of this one. Callers hand back what they
// were given and need not know what it is.
import { z } from 'zod'

export function cursorOf(orderId: string): string {
  return Buffer.from(orderId.replaceAll('-', ''), 'hex').toString('base64url')
}

/** The order id that a cursor stands for: 22 characters of base64url are the 16 bytes of a UUID. */
export const cursor = z
  .string()
  .regex(/^[\w-]{22}$/, '`next` of the previous page')
  .transform((text) => {
    const hex = Buffer.from(text, 'base64url').toString('hex')
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  })
