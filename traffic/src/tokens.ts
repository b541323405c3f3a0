// From which customers does a gateway with authentication accept the orders? Either this program
// signs a token for each customer, with the gateway's own secret, or it reads tokens and orders
// only for their subjects. Secrets and tokens never appear on a command line or in a log.
import { readFile } from 'node:fs/promises'
import { decodeJwt, SignJWT } from 'jose'
import { InvalidOptionError } from './units.ts'

export interface Tokens {
  /** The token to send with a customer's request. */
  of(customerId: string): Promise<string>
  /** The only customers with a token; absent where every customer can have one. */
  readonly customers?: readonly string[]
}

export interface Signing {
  readonly secretFile: string
  readonly issuer: string
  readonly audience: string
}

/** A token is replaced well before it expires. */
const lifeSeconds = 3_600
const renewedAfterMs = 3_000_000
/** Limit of the cache; a run with more customers signs some tokens again. */
const cacheLimit = 100_000
/** RFC 7518, 3.2; the gateway refuses a shorter one too. */
const secretBytes = 32

/**
 * HS256, for a gateway with AUTH_ALGORITHMS=HS256. @throws InvalidOptionError, without the content
 * of the file
 */
export async function signedTokens({ secretFile, issuer, audience }: Signing): Promise<Tokens> {
  const secret = new TextEncoder().encode((await read('--token-secret-file', secretFile)).replace(/\r?\n$/, ''))
  if (secret.length < secretBytes)
    throw new InvalidOptionError(
      `--token-secret-file: found ${secret.length} bytes in ${secretFile}; allowed: the AUTH_SECRET of the gateway, ${secretBytes} bytes or more`,
    )
  const cache = new Map<string, { readonly token: Promise<string>; readonly at: number }>()
  return {
    of: (customerId) => {
      const cached = cache.get(customerId)
      if (cached && performance.now() - cached.at < renewedAfterMs) return cached.token
      if (cache.size >= cacheLimit) cache.clear()
      const token = new SignJWT({ sub: customerId })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(`${lifeSeconds}s`)
        .sign(secret)
      cache.set(customerId, { token, at: performance.now() })
      return token
    },
  }
}

/**
 * Reads one token a line, from any issuer. @throws InvalidOptionError with the line's number, never
 * with its content
 */
export async function tokensFromFile(file: string): Promise<Tokens> {
  const lines = (await read('--tokens-file', file)).split('\n').map((line) => line.trim())
  const tokens = new Map<string, string>()
  for (const [index, line] of lines.entries()) {
    if (line !== '') tokens.set(subjectOf(line, index + 1), line)
  }
  if (tokens.size === 0) throw new InvalidOptionError(`--tokens-file: found no token in ${file}; allowed: one per line`)
  return {
    customers: [...tokens.keys()],
    of: (customerId) => Promise.resolve(tokens.get(customerId) ?? ''),
  }
}

function subjectOf(token: string, line: number): string {
  try {
    const { sub } = decodeJwt(token)
    if (typeof sub === 'string' && sub !== '') return sub
  } catch {
    // The error below replaces the library's own, which may contain a part of the token.
  }
  throw new InvalidOptionError(
    `--tokens-file: found no token with a subject in line ${line}; allowed: one JWT per line`,
  )
}

async function read(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new InvalidOptionError(`${option}: ${file} cannot be read (${code})`)
  }
}
