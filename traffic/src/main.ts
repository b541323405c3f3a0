// The order traffic generator's command line.
import { createWriteStream } from 'node:fs'
import { styleText } from 'node:util'
import { runningDevRuntimes } from '@orderpipeline/cluster/dev-runtimes'
import { Command } from 'commander'
import { defaults, loadOf } from './options.ts'
import type { LoadFlags } from './options.ts'
import { NoGatewayError, requireGateway } from './probe.ts'
import { progressLine, sound, summary } from './report.ts'
import { runTraffic } from './run.ts'
import type { LoadProgress, TrafficOptions } from './run.ts'
import { checkedTarget } from './target.ts'
import { issuedTokens, usualCustomers } from './issued-tokens.ts'
import { tokensFromFile, signedTokens } from './tokens.ts'
import type { Tokens } from './tokens.ts'
import { InvalidOptionError, parsedCount, parsedDuration, parsedShare, parsedSkew } from './units.ts'

interface Flags extends LoadFlags {
  readonly url?: string
  readonly wait?: string | true
  readonly customers?: string
  readonly customerSkew: string
  readonly skus: string
  readonly skuSkew: string
  readonly connections: string
  readonly tokenSecretFile?: string
  readonly tokenIssuer?: string
  readonly tokenAudience?: string
  readonly tokensFile?: string
  readonly tokens: boolean
  readonly traced: string
  readonly record?: string
  readonly json?: true
  readonly allowRemote?: true
}

const defaultCustomers = 50_000

const command = new Command('load')
  // Commander ends with 0 after the help, otherwise an option is wrong.
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .description('Sends orders to the gateway at random times without waiting for answers, and checks their outcome')
  .option('--url <url>', 'the gateway (default: that of a running `npm start`, else http://127.0.0.1:30080)')
  .optionsGroup('The load:')
  .option('--rate <n/unit>', `highest average rate: 10000/min, 200/s (default ${defaults.rate})`)
  .option('--for <time>', `duration: 30s, 3m (default ${defaults.for}, or as long as the trace)`)
  .option(
    '--shape <name>',
    "course of the rate: steady; ramp, from nothing up to --rate; burst, a tenth of --rate and all of it in the middle fifth; day, a shop's " +
      'from midnight to midnight, with --rate at eight in the evening (default steady)',
  )
  .option('--trace <file>', 'instead: a recorded load, such as examples/traces/burst.csv; --rate and --for change it')
  .option('--burst <n>', 'instead: this number of orders, as fast as answers arrive')
  .optionsGroup('The shop:')
  .option(
    '--customers <n>',
    `different customers (default ${defaultCustomers}; ${usualCustomers} where each gets a token of the development issuer)`,
  )
  .option(
    '--customer-skew <s>',
    'Zipf exponent: 0, all order equally often; 1, the second half as often as the first',
    defaults.customerSkew,
  )
  .option('--skus <n>', 'different products, SKU-0001 upwards', '200')
  .option(
    '--sku-skew <s>',
    'Zipf exponent: 0, all are ordered equally often; 1, the second half as often as the first',
    defaults.skuSkew,
  )
  .optionsGroup('The run:')
  .option('--wait [time]', 'follow every accepted order to its end, up to this time (default 10m)')
  .option('--connections <n>', 'open connections', '128')
  .option('--token-secret-file <file>', "sign each customer's token with the secret in it (the gateway's AUTH_SECRET)")
  .option('--token-issuer <iss>', 'with --token-secret-file: the AUTH_ISSUER of the gateway')
  .option('--token-audience <aud>', 'with --token-secret-file: its AUTH_AUDIENCE')
  .option('--tokens-file <file>', 'instead: tokens, one a line; their subjects are the customers')
  .option(
    '--traced <share>',
    'share of the orders that are traced, 0 to 1, where the gateway trusts this machine',
    '0.01',
  )
  .option('--no-tokens', 'take no tokens of the development issuer where the shop of this machine has one')
  .option('--record <file>', 'append every accepted order as a JSON line')
  .option('--json', 'the result as JSON on standard output')
  .option('--allow-remote', 'allow a target that is neither this machine nor in a private network')
  .addHelpText(
    'after',
    '\nExits with 0 when orders were accepted and none was lost or doubled, with 1 when not or when no gateway answers, with 2 when an option is wrong.',
  )
  .showHelpAfterError()

const flags = command.parse().opts<Flags>()

try {
  process.exitCode = await load(flags)
} catch (error) {
  if (!(error instanceof InvalidOptionError || error instanceof NoGatewayError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = error instanceof NoGatewayError ? 1 : 2
}

/** 0 when orders were accepted and none was lost or doubled. */
async function load(options: Flags): Promise<number> {
  const signal = interruptible()
  const settings = await settingsOf(options)
  const chosenTokens = await tokensOf(options)
  await requireGateway(await checkedTarget(settings.url, settings.allowRemote))
  const tokens = chosenTokens === 'issued' ? await issuedTokens(customersOf(options) ?? usualCustomers) : chosenTokens
  const record = options.record === undefined ? undefined : createWriteStream(options.record, { flags: 'a' })
  const result = await runTraffic({
    ...settings,
    ...(tokens ? { tokens } : {}),
    signal,
    onProgress: progressPrinter(process.stderr),
    ...(record ? { onAccepted: (order) => void record.write(`${JSON.stringify(order)}\n`) } : {}),
  })
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  if (record) await new Promise<void>((resolve) => record.end(() => resolve()))
  const { acceptedIds: _ids, ...figures } = result
  process.stdout.write(options.json ? `${JSON.stringify(figures, undefined, 2)}\n` : `${summary(result, paint)}\n`)
  return sound(result) ? 0 : 1
}

async function settingsOf(options: Flags) {
  return {
    url: options.url ?? runningDevRuntimes(process.env)[0]?.gateway ?? 'http://127.0.0.1:30080',
    load: await loadOf(options),
    customers: customersOf(options) ?? defaultCustomers,
    customerSkew: parsedSkew(options.customerSkew, '--customer-skew'),
    skus: parsedCount(options.skus, '--skus'),
    skuSkew: parsedSkew(options.skuSkew, '--sku-skew'),
    connections: parsedCount(options.connections, '--connections'),
    ...(options.wait === undefined
      ? {}
      : { waitMs: options.wait === true ? 600_000 : parsedDuration(options.wait, '--wait') }),
    traced: parsedShare(options.traced, '--traced'),
    allowRemote: options.allowRemote ?? false,
  } satisfies TrafficOptions
}

/** On a terminal, unless NO_COLOR is set. */
function paint(colour: 'red' | 'green', text: string): string {
  return styleText(colour, text, { stream: process.stdout })
}

function customersOf({ customers }: Flags): number | undefined {
  return customers === undefined ? undefined : parsedCount(customers, '--customers')
}

/** `issued`: those of the development issuer, if there is one. */
async function tokensOf(options: Flags): Promise<Tokens | 'issued' | undefined> {
  const { tokenSecretFile: secretFile, tokenIssuer: issuer, tokenAudience: audience, tokensFile } = options
  const signing = [secretFile, issuer, audience].filter((value) => value !== undefined).length
  if (tokensFile !== undefined && signing > 0)
    throw new InvalidOptionError(
      '--tokens-file: found together with --token-…; allowed: tokens to take, or a secret to sign them with',
    )
  if (tokensFile !== undefined) return await tokensFromFile(tokensFile)
  if (signing === 0) return options.tokens && options.url === undefined ? 'issued' : undefined
  if (secretFile === undefined || issuer === undefined || audience === undefined)
    throw new InvalidOptionError(
      '--token-secret-file, --token-issuer and --token-audience: found some; allowed: all three',
    )
  return await signedTokens({ secretFile, issuer, audience })
}

/**
 * One Ctrl-C can arrive twice: from the terminal and from the npm script's parent. Only a later one
 * ends at once.
 */
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
function progressPrinter(stream: NodeJS.WriteStream): (progress: LoadProgress) => void {
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
