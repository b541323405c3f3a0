// Is an order taken that would wait longer than was promised? No: its sender is told when to come again, which costs less
// than an order that is late. Kept up to date beside the requests. Queues that cannot be read are the likeliest when the most
// waits in them, so what was known counts for a while; then everything is taken, since an order that is durable is never lost.
import { overloaded } from '@orderpipeline/kit-http'
import { Counter, Gauge, type Logger, type Registry } from '@orderpipeline/kit-telemetry'
import { expectedWaitSeconds, StagesUnknown } from './queue.ts'
import type { QueueReader } from './reader.ts'

export interface AdmissionOptions {
  readonly queues: QueueReader
  readonly promiseSeconds: number
  readonly stages: readonly string[]
  readonly everyMs: number
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number
  readonly registry: Registry
  readonly logger: Logger
}

export interface Admission {
  /** @throws HttpProblem 503 */
  readonly admit: () => void
  close(): void
}

const longestRetryAfterSeconds = 60
/** For so long what was known of the queues stands for what they are. */
const knownForMs = 60_000

export function startAdmission(options: AdmissionOptions): Admission {
  const { queues, promiseSeconds, stages, everyMs, monotonicMs, logger } = options
  const registers = [options.registry]
  const expected = new Gauge({
    name: 'gateway_expected_wait_seconds',
    help: 'How long an order placed now would wait until it is decided.',
    registers,
  })
  const shed = new Counter({
    name: 'gateway_orders_shed_total',
    help: 'Requests to place orders refused since they would have waited longer than promised.',
    registers,
  })
  let waitSeconds = 0
  let known = { at: -Infinity, waitSeconds: 0 }
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const look = async (): Promise<void> => {
    try {
      waitSeconds = expectedWaitSeconds(await queues.read(), stages)
      known = { at: monotonicMs(), waitSeconds }
    } catch (error) {
      const before = monotonicMs() - known.at < knownForMs ? known.waitSeconds : 0
      waitSeconds = Math.max(before, error instanceof StagesUnknown ? error.intake.waitSeconds : 0)
      logger.debug({ error, waitSeconds }, 'the queues could not be read')
    }
    expected.set(waitSeconds)
    if (!closed) timer = setTimeout(() => void look(), everyMs * (0.8 + 0.4 * Math.random()))
  }
  void look()
  return {
    admit: () => {
      if (waitSeconds <= promiseSeconds) return
      shed.inc()
      const over = Math.min(waitSeconds - promiseSeconds, longestRetryAfterSeconds)
      throw overloaded(`an order would wait about ${Math.ceil(waitSeconds)} s at present; nothing was kept`, over)
    },
    close: () => {
      closed = true
      clearTimeout(timer)
    },
  }
}
