// Is an order accepted that would wait longer than was promised? Up to a second bound it is, and
// its answer says that it will be late. Beyond it the answer says when to try again, which costs
// less than an order that is later still. The wait is kept up to date in parallel with the
// requests. Queues are the likeliest to be unreadable when their backlog is largest, so the last
// known wait counts for a while; then every order is accepted, since an order that is durable is
// never lost.
import { overloaded } from '@orderpipeline/http'
import { priorities, shareBeforeShedding } from '@orderpipeline/order-events'
import type { Priority } from '@orderpipeline/order-events'
import type { HttpProblemError } from '@orderpipeline/http'
import { runPeriodically } from '@orderpipeline/retry'
import { Counter, Gauge } from '@orderpipeline/telemetry'
import type { Logger } from '@orderpipeline/process'
import type { Registry } from '@orderpipeline/telemetry'
import { expectedWaitSeconds, StagesUnknownError } from './queue.ts'
import type { QueueReader } from './reader.ts'

export interface AdmissionOptions {
  readonly queues: QueueReader
  readonly promiseSeconds: number
  /** Orders that would wait longer are refused; at least the promise. */
  readonly refuseSeconds: number
  readonly stages: readonly string[]
  readonly everyMs: number
  /**
   * While orders are refused, one in so long is taken all the same. Where nothing is taken nothing
   * is consumed, and there would be no pace to see by which to take more: one stuck message would
   * keep the shop closed.
   */
  readonly probeEveryMs: number
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number
  readonly registry: Registry
  readonly logger: Logger
}

/** An order that is accepted now takes longer than was promised. Whole seconds. */
export interface Lateness {
  readonly promisedSeconds: number
  readonly expectedSeconds: number
}

export interface Admission {
  /**
   * Why no order of the class is taken at present; `undefined`: this one is. Where orders have no
   * class they wait as the lowest does, and are refused only at the bound.
   */
  readonly refusal: (priority?: Priority) => HttpProblemError | undefined
  /** Counts an order that was refused for it, and returns the refusal. */
  readonly shed: (refusal: HttpProblemError, priority?: Priority) => HttpProblemError
  readonly lateness: (priority?: Priority) => Lateness | undefined
  /** Counts a new order that was accepted late. */
  readonly acceptedLate: () => void
}

export const everyOrder: Admission = {
  refusal: () => undefined,
  shed: (refusal) => refusal,
  lateness: () => undefined,
  acceptedLate: () => {},
}

const longestRetryAfterSeconds = 60
/** The longest that a reading of the queues stays valid. */
const knownForMs = 60_000

export function startAdmission(options: AdmissionOptions): Admission & { close(): void } {
  const { queues, promiseSeconds, refuseSeconds, stages, everyMs, probeEveryMs, monotonicMs, logger } = options
  const { waitGauge, shed, late } = admissionFigures(options.registry)
  let waits = expectedWaitSeconds([], stages)
  let probeAt: number | undefined
  let lastLook = { at: -Infinity, waits }
  const closing = new AbortController()

  const look = async (): Promise<void> => {
    try {
      waits = expectedWaitSeconds(await queues.read(), stages)
      lastLook = { at: monotonicMs(), waits }
    } catch (error) {
      const intake = expectedWaitSeconds(error instanceof StagesUnknownError ? [error.intake] : [], stages)
      waits = monotonicMs() - lastLook.at < knownForMs ? longerOf(lastLook.waits, intake) : intake
      logger.debug({ error, waits }, 'the queues could not be read')
    }
    waitGauge.set(waits.low)
  }
  void runPeriodically(everyMs, look, {
    signal: closing.signal,
    onError: (error) => logger.warn({ error }, 'the queues were not looked at'),
  })
  return {
    refusal: (priority) => {
      const longest = refuseSeconds * (priority ? shareBeforeShedding[priority] : 1)
      const waitSeconds = waits[priority ?? 'low']
      if (waitSeconds <= longest) {
        probeAt = undefined
        return undefined
      }
      probeAt ??= monotonicMs() + probeEveryMs
      if (monotonicMs() >= probeAt) {
        probeAt = undefined
        return undefined
      }
      const over = Math.min(waitSeconds - longest, longestRetryAfterSeconds)
      const seconds = Math.ceil(waitSeconds)
      return overloaded(`an order would wait about ${seconds} s; nothing of this request was stored`, over)
    },
    shed: (refusal, priority = 'standard') => {
      shed.inc({ class: priority })
      return refusal
    },
    lateness: (priority = 'low') =>
      waits[priority] > promiseSeconds
        ? { promisedSeconds: Math.floor(promiseSeconds), expectedSeconds: Math.ceil(waits[priority]) }
        : undefined,
    acceptedLate: () => late.inc(),
    close: () => {
      closing.abort()
    },
  }
}

type Waits = ReturnType<typeof expectedWaitSeconds>

function longerOf(one: Waits, other: Waits): Waits {
  const entries = priorities.map((priority) => [priority, Math.max(one[priority], other[priority])])
  return Object.fromEntries(entries) as Record<Priority, number>
}

function admissionFigures(registry: Registry) {
  const registers = [registry]
  const waitGauge = new Gauge({
    name: 'gateway_expected_wait_seconds',
    help: 'Estimated wait of a new order until its outcome; of the lowest class, where orders have classes.',
    registers,
  })
  const shed = new Counter({
    name: 'gateway_orders_shed_total',
    help: 'Orders refused because their wait would exceed the promise, by class.',
    labelNames: ['class'],
    registers,
  })
  for (const priority of priorities) shed.inc({ class: priority }, 0)
  const late = new Counter({
    name: 'gateway_orders_late_total',
    help: 'Orders accepted although their wait is longer than promised.',
    registers,
  })
  return { waitGauge, shed, late }
}
