// Which values do the command's options have? A wrong one is an error with what was found and what
// is allowed.
import { burst, day, InvalidOptionError, parsedDuration, parsedRate, steady } from '@orderpipeline/traffic'
import type { Trace } from '@orderpipeline/traffic'
import { UsageError } from '../environment.ts'
import type { ClusterConditions } from '@orderpipeline/client/simulation'
import type { Ratio } from '@orderpipeline/operator/pipeline'

export interface Options {
  readonly file: string
  readonly trace?: string
  readonly replay?: string
  readonly rate?: string
  readonly for: string
  readonly burst?: string
  readonly burstOver: string
  readonly burstAt: string
  readonly day?: string
  readonly ratio: readonly string[]
  readonly work: readonly string[]
  readonly cpu: readonly string[]
  readonly shared: readonly string[]
  readonly podStart: string
  readonly startsPerSecond?: string
  readonly ready: string
  readonly readyWhileStarting: string
  readonly readyLate: string
  readonly rebalance: string
  readonly hpaSync: string
  readonly skew: string
  readonly scaling?: 'lag' | 'flow' | 'steps'
  readonly until: string
  readonly tail: string
  readonly seed: string
  readonly compare?: true
  readonly json?: true
}

/** The load the options describe; undefined when a file holds it. @throws CommandError */
export function shapeOf(options: Options): Trace | undefined {
  const { trace, replay, rate, burst: orders, day: peak } = options
  const shapes = [peak, rate ?? orders, trace, replay].filter((one) => one !== undefined)
  if (shapes.length !== 1)
    throw new UsageError(
      `the load: found ${shapes.length} of --trace, --replay, --day and --rate or --burst; allowed: one of them, or --rate and --burst together`,
      { advice: 'For example: --rate 10000/min --for 10m, or --burst 8000' },
    )
  if (trace !== undefined || replay !== undefined) return undefined
  if (peak !== undefined) return day(rateOf(peak, '--day'))
  return [
    ...(rate === undefined ? [] : steady(rateOf(rate, '--rate'), durationMs(options.for, '--for'))),
    ...(orders === undefined
      ? []
      : burst(
          number(orders, '--burst', { whole: true, from: 1, to: 100_000_000 }),
          durationMs(options.burstAt, '--burst-at'),
          durationMs(options.burstOver, '--burst-over'),
        )),
  ]
}

/** @throws CommandError */
export function clusterConditionsOf(options: Options): ClusterConditions {
  return {
    podStartSeconds: durationMs(options.podStart, '--pod-start') / 1_000,
    startsPerSecond:
      options.startsPerSecond === undefined
        ? Number.POSITIVE_INFINITY
        : number(options.startsPerSecond, '--starts-per-second', { from: 0.001, to: 10_000 }),
    readinessSeconds: durationMs(options.ready, '--ready') / 1_000,
    readyWhileStarting: number(options.readyWhileStarting, '--ready-while-starting', { from: 0, to: 1 }),
    readyLateSeconds: durationMs(options.readyLate, '--ready-late') / 1_000,
    rebalanceSeconds: durationMs(options.rebalance, '--rebalance') / 1_000,
    hpaSyncSeconds: Math.max(100, durationMs(options.hpaSync, '--hpa-sync')) / 1_000,
    skew: number(options.skew, '--skew', { from: 0, to: 5 }),
  }
}

/** `orders.status=2`, or `payment.processed:orders.status=1`. @throws CommandError */
export function ratiosOf(texts: readonly string[]): Ratio[] {
  return texts.map((text) => {
    const match = /^(?:([\w.-]+):)?([\w.-]+)=(.+)$/.exec(text)
    if (!match) throw wrong('--ratio', text, 'topic=number or consumed:emitted=number, such as orders.cancelled=0.02')
    const [, from, to = '', value = ''] = match
    const ratio = number(value, `--ratio ${to}`, { from: 0, to: 1_000 })
    return { to, ratio, ...(from === undefined ? {} : { from }) }
  })
}

/** `payment=5`, by stage. @throws CommandError */
export function secondsOf(texts: readonly string[], option: string, stages: readonly string[]): Map<string, number> {
  return new Map(
    texts.map((text) => {
      const [stage = '', value] = text.split('=', 2)
      if (!stages.includes(stage) || value === undefined)
        throw wrong(option, text, `stage=seconds, with one of the stages ${stages.join(', ')}`)
      return [stage, number(value, `${option} ${stage}`, { from: 0.0001, to: 3_600 })]
    }),
  )
}

/** `payment=100/s`, by stage. @throws CommandError */
export function ratesOf(texts: readonly string[], option: string, stages: readonly string[]): Map<string, number> {
  return new Map(
    texts.map((text) => {
      const [stage = '', value] = text.split('=', 2)
      if (!stages.includes(stage) || value === undefined)
        throw wrong(option, text, `stage=rate, with one of the stages ${stages.join(', ')}`)
      return [stage, rateOf(value, `${option} ${stage}`)]
    }),
  )
}

interface Bounds {
  readonly whole?: true
  readonly from: number
  readonly to: number
}

/** @throws CommandError */
export function number(text: string, option: string, { whole, from, to }: Bounds): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (value >= from && value <= to && (!whole || Number.isInteger(value))) return value
  throw wrong(option, text, `a ${whole ? 'whole ' : ''}number from ${from} to ${to}`)
}

/** Zero included, unlike elsewhere. @throws CommandError */
export function durationMs(text: string, option: string): number {
  if (/^0+(ms|s|m|min|h)?$/.test(text.trim())) return 0
  return orWrongCall(() => parsedDuration(text, option))
}

function rateOf(text: string, option: string): number {
  return orWrongCall(() => parsedRate(text, option))
}

function orWrongCall<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error
    throw new UsageError(error.message)
  }
}

function wrong(option: string, actual: string, allowedText: string): UsageError {
  return new UsageError(`${option}: found ${JSON.stringify(actual)}; allowed: ${allowedText}`)
}
