// `orderpipeline token`: a token for a gateway with HS256, of a customer or a member of the staff.
import { readFile } from 'node:fs/promises'
import { CommandError, UsageError } from '../environment.ts'
import { groups } from '../groups.ts'
import type { CommandContext, CommandDefinition } from '../program.ts'
import { durationMs } from '../simulate/options.ts'
import { signedToken } from '../token.ts'

interface Options {
  readonly secretFile: string
  readonly issuer: string
  readonly audience: string
  readonly subject: string
  readonly scope?: readonly string[]
  readonly for: string
  readonly json?: true
}

/** RFC 7518, 3.2; the gateway refuses a shorter one too. */
const secretBytes = 32
/** A scope-token of RFC 6749, 3.3. */
const scopePattern = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/

export const token: CommandDefinition = {
  name: 'token',
  group: groups.running,
  examples: [
    'orderpipeline token --secret-file secret --issuer https://issuer.example --audience orders --subject customer-1',
    'orderpipeline token --secret-file secret --issuer https://issuer.example --audience orders --subject kim --scope shop.staff orders:read orders:hold',
  ],
  exitCodes: { 0: 'printed', 1: 'the secret cannot be read, or is too short' },
  describe: (command, action) => {
    command
      .description(
        'Print a token for a gateway with AUTH_ALGORITHMS=HS256, to try out requests of a customer or of staff; in production your issuer gives the tokens',
      )
      .requiredOption('--secret-file <file>', "a file with the gateway's AUTH_SECRET")
      .requiredOption('--issuer <issuer>', "the gateway's AUTH_ISSUER")
      .requiredOption('--audience <audience>', "the gateway's AUTH_AUDIENCE")
      .requiredOption('--subject <subject>', 'the customer, or who of the staff: the history of orders names them')
      .option(
        '--scope <scope...>',
        'for staff: AUTH_STAFF_SCOPE of the gateway, orders:read, orders:hold, orders:cancel',
      )
      .option('--for <time>', 'how long it is valid, such as 30m; 24h at most', '1h')
      .option('--json', 'as JSON, with the time at which it expires')
      .action((options: Options) => action((context) => print(options, context)))
  },
}

async function print(options: Options, { environment }: CommandContext): Promise<number> {
  const { issuer, audience, subject, scope: scopes = [] } = options
  const wrongScope = scopes.find((scope) => !scopePattern.test(scope))
  if (wrongScope !== undefined)
    throw new UsageError(
      `--scope: found ${JSON.stringify(wrongScope)}; allowed: scopes such as orders:hold, without spaces`,
    )
  const seconds = Math.floor(durationMs(options.for, '--for') / 1_000)
  if (seconds < 1 || seconds > 86_400)
    throw new UsageError(`--for: found ${JSON.stringify(options.for)}; allowed: 1s to 24h, such as 30m`)
  const secret = await secretIn(options.secretFile)
  const now = new Date()
  const signed = signedToken(secret, { issuer, audience, subject, scopes, seconds }, now)
  const expiresAt = new Date(now.getTime() + seconds * 1_000).toISOString()
  environment.stdout.write(options.json ? `${JSON.stringify({ token: signed, expiresAt })}\n` : `${signed}\n`)
  return 0
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
