// What is a code that proves that a number is the customer's? Six digits at random, kept as a hash
// that takes longer to search than the code is valid.
import { randomBytes, randomInt, scrypt, timingSafeEqual } from 'node:crypto'

const digits = 6
export const codePattern = /^\d{6}$/

const saltBytes = 16
const hashBytes = 32
/** 8 MiB and some 25 ms for each hash: hours for a million of them. */
const cost = { N: 2 ** 13, r: 8, p: 1 }

export function newCode(): string {
  return String(randomInt(10 ** digits)).padStart(digits, '0')
}

export async function hashOfCode(code: string, salt: Buffer = randomBytes(saltBytes)): Promise<string> {
  return Buffer.concat([salt, await derived(code, salt)]).toString('base64url')
}

export async function isCode(code: string, codeHash: string): Promise<boolean> {
  const expected = Buffer.from(codeHash, 'base64url')
  if (expected.length !== saltBytes + hashBytes) return false
  return timingSafeEqual(await derived(code, expected.subarray(0, saltBytes)), expected.subarray(saltBytes))
}

function derived(code: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(code, salt, hashBytes, cost, (error, key) => (error ? reject(error) : resolve(key)))
  })
}
