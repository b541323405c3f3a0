// The order traffic generator's command line.
import { createWriteStream } from 'node:fs'
import { Command } from 'commander'
import { progressLine, summary } from './report.ts'
import { runTraffic, type Progress } from './run.ts'
import { givenTokens, signedTokens, type Tokens } from './tokens.ts'
import { OptionInvalid, parsedDuration, parsedRate } from './units.ts'

interface Flags {
  readonly url: string
  readonly rate: string
  readonly for: string
  readonly burst?: string
  readonly wait?: string | true
  readonly customers: string
  readonly skus: string
  readonly connections: string
  readonly tokenSecretFile?: string
  readonly tokenIssuer?: string
  readonly tokenAudience?: string
  readonly tokensFile?: string
  readonly record?: string
  readonly json?: true
  readonly allowRemote?: true
}

const command = new Command('load')
  .description('Sends orders to the gateway: at a rate, without waiting for answers, or in one burst')
  .option('--url <url>', 'the gateway', 'http://127.0.0.1:30080')
  .option('--rate <n/unit>', 'orders on average: 10000/min, 200/s', '1000/min')
  .option('--for <time>', 'how long: 30s, 3m', '1m')
  .option('--burst <n>', 'instead: so many orders, as fast as possible')
  .option('--wait [time]', 'look every accepted order up until it has ended, at most so long (default 10m)')
  .option('--customers <n>', 'different customers', '50000')
  .option('--skus <n>', 'different products, SKU-0001 upwards', '200')
  .option('--connections <n>', 'connections kept open', '128')
  .option('--token-secret-file <file>', "sign each customer's token with the secret in it (the gateway's AUTH_SECRET)")
  .option('--token-issuer <iss>', 'with --token-secret-file: the AUTH_ISSUER of the gateway')
  .option('--token-audience <aud>', 'with --token-secret-file: its AUTH_AUDIENCE')
  .option('--tokens-file <file>', 'instead: tokens, one a line; orders are those of their subjects')
  .option('--record <file>', 'append every accepted order as a JSON line')
  .option('--json', 'the result as JSON on standard output')
  .option('--allow-remote', 'allow a target that is neither this machine nor in a private network')
  .showHelpAfterError()

const flags = command.parse().opts<Flags>()

try {
  process.exitCode = await load(flags)
} catch (error) {
  if (!(error instanceof OptionInvalid)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}

/** 0 when something was accepted and nothing lost or doubled. */
async function load(options: Flags): Promise<number> {
  const interrupt = interruptible()
  const tokens = await tokensOf(options)
  const record = options.record === undefined ? undefined : createWriteStream(options.record, { flags: 'a' })
  const result = await runTraffic({
    url: options.url,
    load:
      options.burst === undefined
        ? { perSecond: parsedRate(options.rate), durationMs: parsedDuration(options.for, '--for') }
        : { burst: count(options.burst, '--burst') },
    customers: count(options.customers, '--customers'),
    skus: count(options.skus, '--skus'),
    connections: count(options.connections, '--connections'),
    ...(options.wait === undefined
      ? {}
      : { waitMs: options.wait === true ? 600_000 : parsedDuration(options.wait, '--wait') }),
    ...(tokens ? { tokens } : {}),
    allowRemote: options.allowRemote ?? false,
    signal: interrupt,
    onProgress: progressPrinter(process.stderr),
    ...(record ? { onAccepted: (order) => void record.write(`${JSON.stringify(order)}\n`) } : {}),
  })
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  if (record) await new Promise<void>((resolve) => record.end(() => resolve()))
  const { acceptedIds, ...figures } = result
  process.stdout.write(options.json ? `${JSON.stringify(figures, undefined, 2)}\n` : `${summary(result)}\n`)
  const sound = acceptedIds.length > 0 && result.outcomes.lost === 0 && result.outcomes.doubled === 0
  return sound ? 0 : 1
}

async function tokensOf(options: Flags): Promise<Tokens | undefined> {
  const { tokenSecretFile: secretFile, tokenIssuer: issuer, tokenAudience: audience, tokensFile } = options
  const signing = [secretFile, issuer, audience].filter((value) => value !== undefined).length
  if (tokensFile !== undefined && signing > 0)
    throw new OptionInvalid(
      '--tokens-file: found beside --token-…; allowed: tokens to take, or a secret to sign them with',
    )
  if (tokensFile !== undefined) return await givenTokens(tokensFile)
  if (signing === 0) return undefined
  if (secretFile === undefined || issuer === undefined || audience === undefined)
    throw new OptionInvalid('--token-secret-file, --token-issuer and --token-audience: found some; allowed: all three')
  return await signedTokens({ secretFile, issuer, audience })
}

/** One Ctrl-C can arrive twice: from the terminal and from the npm script's parent. Only a later one ends at once. */
function interruptible(): AbortSignal {
  const controller = new AbortController()
  let firstAt: number | undefined
  const interrupt = (): void => {
    firstAt ??= performance.now()
    if (performance.now() - firstAt > 1_000) process.exit(130)
    controller.abort()
  }
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  return controller.signal
}

/** Redraws one line on a terminal; elsewhere a line every ten seconds. */
function progressPrinter(stream: NodeJS.WriteStream): (progress: Progress) => void {
  if (stream.isTTY)
    return (progress) => {
      const line = progressLine(progress)
      stream.write(`\r\x1b[K${line.slice(0, Math.max(20, stream.columns - 1))}`)
    }
  let next = 10_000
  return (progress) => {
    if (progress.elapsedMs < next) return
    next += 10_000
    stream.write(`${progressLine(progress)}\n`)
  }
}

function count(text: string, option: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0 && value <= 10_000_000) return value
  throw new OptionInvalid(`${option}: found ${JSON.stringify(text)}; allowed: a whole number from 1 to 10000000`)
}
