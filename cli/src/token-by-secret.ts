// With which options does `orderpipeline token` sign tokens itself, for a gateway with HS256, and
// what do they come to?
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { CommandError, UsageError } from './environment.ts'
import { durationMs } from './simulate/options.ts'
import { signedToken } from './token.ts'

export interface SigningOptions {
  readonly secretFile?: string
  readonly issuer?: string
  readonly audience?: string
  readonly for?: string
}

/** RFC 7518, 3.2; the gateway refuses a shorter one too. */
const secretBytes = 32
const defaultTime = '1h'

export function signingOptions(command: Command): Command {
  return command
    .option(
      '--secret-file <file>',
      "a file with the gateway's AUTH_SECRET: the token is signed here, without a cluster",
    )
    .option('--issuer <issuer>', "with --secret-file: the gateway's AUTH_ISSUER")
    .option('--audience <audience>', "with --secret-file: the gateway's AUTH_AUDIENCE")
    .option(
      '--for <time>',
      `with --secret-file: how long it is valid, such as 30m; 24h at most, ${defaultTime} when absent`,
    )
}

/** @throws UsageError where an option has no meaning without the secret. */
export function isSigning({ secretFile, ...others }: SigningOptions): boolean {
  if (secretFile !== undefined) return true
  const alone = (['issuer', 'audience', 'for'] as const).find((name) => others[name] !== undefined)
  if (alone !== undefined)
    throw new UsageError(`--${alone}: found ${JSON.stringify(others[alone])}; allowed: with --secret-file`)
  return false
}

/** @throws UsageError; CommandError where the secret cannot be read */
export async function tokensBySecret(
  customers: readonly string[],
  scopes: readonly string[],
  options: SigningOptions,
): Promise<readonly { readonly customer: string; readonly token: string; readonly expiresAt: string }[]> {
  const [issuer, audience] = [required(options, 'issuer'), required(options, 'audience')]
  const { for: time = defaultTime, secretFile = '' } = options
  const seconds = Math.floor(durationMs(time, '--for') / 1_000)
  if (seconds < 1 || seconds > 86_400)
    throw new UsageError(`--for: found ${JSON.stringify(time)}; allowed: 1s to 24h, such as 30m`)
  const secret = await secretIn(secretFile)
  const now = new Date()
  const expiresAt = new Date(now.getTime() + seconds * 1_000).toISOString()
  return customers.map((customer) => {
    const token = signedToken(secret, { issuer, audience, subject: customer, scopes, seconds }, now)
    return { customer, token, expiresAt }
  })
}

function required(options: SigningOptions, name: 'issuer' | 'audience'): string {
  const value = options[name]
  if (value === undefined)
    throw new UsageError(
      `--${name}: found none; allowed: AUTH_${name.toUpperCase()} of the gateway, with --secret-file`,
    )
  return value
}

async function secretIn(file: string): Promise<Buffer> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new CommandError(`--secret-file: ${file} cannot be read.`, { cause })
  })
  const secret = Buffer.from(text.replace(/\r?\n$/, ''))
  if (secret.length >= secretBytes) return secret
  throw new CommandError(
    `--secret-file: found ${secret.length} bytes in ${file}; allowed: the AUTH_SECRET of the gateway, ${secretBytes} bytes or more`,
  )
}
