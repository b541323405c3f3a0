// Who does a gateway that asks for tokens take the orders to be from? Either this program signs a
// token for each customer, with the gateway's own secret, or it is given tokens and orders for
// their subjects alone. Neither ever stands on a command line or in a log.
import { readFile } from 'node:fs/promises'
import { decodeJwt, SignJWT } from 'jose'
import { OptionInvalid } from './units.ts'

export interface Tokens {
  /** To be sent with what a customer asks. */
  of(customerId: string): Promise<string>
  /** The only ones there are tokens for; absent where any will do. */
  readonly customers?: readonly string[]
}

export interface Signing {
  readonly secretFile: string
  readonly issuer: string
  readonly audience: string
}

/** A token is made anew well before it ends. */
const lifeSeconds = 3_600
const renewedAfterMs = 3_000_000
/** Kept at once; a run with more customers signs some again. */
const keptTokens = 100_000
/** RFC 7518, 3.2; the gateway refuses a shorter one too. */
const secretBytes = 32

/**
 * HS256, for a gateway with AUTH_ALGORITHMS=HS256. @throws OptionInvalid, without showing what the
 * file holds
 */
export async function signedTokens({ secretFile, issuer, audience }: Signing): Promise<Tokens> {
  const secret = new TextEncoder().encode((await read('--token-secret-file', secretFile)).replace(/\r?\n$/, ''))
  if (secret.length < secretBytes)
    throw new OptionInvalid(
      `--token-secret-file: found ${secret.length} bytes in ${secretFile}; allowed: the AUTH_SECRET of the gateway, ${secretBytes} bytes or more`,
    )
  const kept = new Map<string, { readonly token: Promise<string>; readonly at: number }>()
  return {
    of: (customerId) => {
      const known = kept.get(customerId)
      if (known && performance.now() - known.at < renewedAfterMs) return known.token
      if (kept.size >= keptTokens) kept.clear()
      const token = new SignJWT({ sub: customerId })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(`${lifeSeconds}s`)
        .sign(secret)
      kept.set(customerId, { token, at: performance.now() })
      return token
    },
  }
}

/**
 * A token a line, of whoever issues them. @throws OptionInvalid with the line's number, never with
 * what it holds
 */
export async function givenTokens(file: string): Promise<Tokens> {
  const lines = (await read('--tokens-file', file)).split('\n').map((line) => line.trim())
  const tokens = new Map<string, string>()
  for (const [index, line] of lines.entries()) {
    if (line !== '') tokens.set(subjectOf(line, index + 1), line)
  }
  if (tokens.size === 0) throw new OptionInvalid(`--tokens-file: found no token in ${file}; allowed: one a line`)
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
    // Said below: the library's own words may hold a part of the token.
  }
  throw new OptionInvalid(`--tokens-file: found no token with a subject in line ${line}; allowed: one JWT a line`)
}

async function read(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new OptionInvalid(`${option}: ${file} cannot be read (${code})`)
  }
}
