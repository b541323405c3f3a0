// Does everything end, exactly once and in flat memory, when several faults occur at once and for
// long? Starts the platform, places a backlog, plays the planned faults while further customers
// order and cancel, then stops the faults and waits for all to end.
import { sleep } from '@orderpipeline/retry'
import { seeded } from '@orderpipeline/traffic'
import { createAccounts } from '@orderpipeline/test-support/accounts'
import { isSettled } from '@orderpipeline/test-support/books'
import { startCustomers } from '@orderpipeline/test-support/customers'
import { placeBacklog } from './backlog.ts'
import { createFaults } from './faults.ts'
import type { Faults } from './faults.ts'
import { planOf } from './plan.ts'
import { auditStorm } from './final-audit.ts'
import type { FinalAudit } from './final-audit.ts'
import { createSampler } from './samples.ts'
import type { Sample } from './samples.ts'
import type { Settings } from './settings.ts'
import { quarantineProblems, quarantineStretches, memoryOf, memoryProblems } from './verdict.ts'
import type { MemoryRow, QuarantineStretch } from './verdict.ts'
import { startStormEnvironment } from './storm-environment.ts'
import type { StormEnvironment } from './storm-environment.ts'

export interface StormOptions extends Pick<Settings, 'minutes' | 'orders' | 'seed' | 'drainMinutes'> {
  readonly postgresUrl: string
  readonly kafkaBootstrap: string
  /** Partitions of each topic. */
  readonly partitions: number
  readonly sampleEveryMs: number
  /** Receives each sample as it is taken. */
  readonly onSample: (sample: Sample) => void
  /** Receives the output of the processes. */
  readonly onOutput: (name: string, text: string) => void
  readonly say: (line: string) => void
}

export interface StormOutcome {
  /** One line for each problem; none where the storm was passed. */
  readonly problems: readonly string[]
  /**
   * From the end of the faults until everything had ended; undefined where that did not happen in
   * time.
   */
  readonly drainSeconds: number | undefined
  /** From the beginning until the whole backlog was accepted. */
  readonly placedSeconds: number | undefined
  readonly faults: Readonly<Record<string, number>>
  readonly reckoning: FinalAudit
  readonly memory: readonly MemoryRow[]
  readonly careful: readonly QuarantineStretch[]
  readonly samples: number
}

const skus = 200
/** Minutes: in a shorter storm a process grows because it has just started. */
const leastForMemory = 2
const furtherOrders = { perSecond: 2, regret: 0.3 }

export async function runStorm(options: StormOptions): Promise<StormOutcome> {
  options.say('starting the platform …')
  const environment = await startStormEnvironment({ ...options, skus })
  const ending = new AbortController()
  try {
    await untilServed(environment)
    return await storm(environment, options, ending.signal)
  } finally {
    ending.abort()
    await environment.close()
  }
}

async function storm(environment: StormEnvironment, options: StormOptions, ending: AbortSignal): Promise<StormOutcome> {
  const startedAt = performance.now()
  const lengthMs = options.minutes * 60_000
  const samples: Sample[] = []
  const accepted: string[] = []
  const faults = createFaults(environment)
  const watch = watching(environment, options, { started: startedAt, faults, ending }, samples)
  const random = (n: number) => seeded(options.seed ^ (n * 0x9e3779b9))
  const customers = startCustomers({
    ...{ gateway: environment.gatewayUrl, accounts: createAccounts(), skus, random: random(1), ...furtherOrders },
  })
  let placedSeconds: number | undefined
  const backlog = placeBacklog({
    ...{ gateway: environment.gatewayUrl, orders: options.orders, skus, random: random(2), signal: ending },
    onAccepted: (ids) => accepted.push(...ids),
  }).then(() => (placedSeconds = (performance.now() - startedAt) / 1_000))
  backlog.catch(() => undefined)

  await faults.inject(planOf(options.seed, lengthMs), startedAt, () => environment.processGroup.deaths.length > 0)
  while (performance.now() < startedAt + lengthMs && environment.processGroup.deaths.length === 0) await sleep(200)
  options.say('the faults stop; waiting for every order to end')
  await faults.stop()
  watch.phase = 'after'
  const stopped = performance.now()
  const deadline = stopped + options.drainMinutes * 60_000
  const waiting = await untilSettled(environment, deadline, [backlog, customers.end()])
  const drainSeconds = waiting.length === 0 ? (performance.now() - stopped) / 1_000 : undefined
  await watch.end()
  await environment.processGroup.stop()
  accepted.push(...customers.accepted.values())
  const reckoning = await auditStorm(environment, accepted)
  const memory = memoryOf(samples)
  const suspectStretches = quarantineStretches(samples)
  const problems = [
    ...environment.processGroup.deaths,
    ...environment.processGroup.unclean,
    ...waiting,
    ...reckoning.problems,
    ...(options.minutes < leastForMemory ? [] : memoryProblems(memory)),
    ...quarantineProblems(suspectStretches),
  ]
  return {
    ...{ problems, drainSeconds, placedSeconds, reckoning, memory, careful: suspectStretches },
    faults: faults.counts,
    samples: samples.length,
  }
}

/**
 * Resolves to the problems, or none, once all orders are placed and have ended, or at the deadline.
 */
async function untilSettled(
  environment: StormEnvironment,
  deadline: number,
  placing: readonly Promise<unknown>[],
): Promise<string[]> {
  let allPlaced = false
  let refusal: unknown
  void Promise.all(placing).then(
    () => (allPlaced = true),
    (error: unknown) => (refusal = error),
  )
  while (performance.now() < deadline && environment.processGroup.deaths.length === 0) {
    if (refusal !== undefined) return [refusal instanceof Error ? refusal.message : 'an order was refused']
    if (allPlaced && (await isSettled(environment, { processesAreKilled: true }))) return []
    await sleep(500)
  }
  return [
    `not all orders had ended within the drain time after the faults${allPlaced ? '' : ', and not all orders were accepted'}`,
  ]
}

interface Course {
  readonly started: number
  readonly faults: Faults
  readonly ending: AbortSignal
}

/** Takes a sample at regular intervals until its `end`. */
function watching(
  environment: StormEnvironment,
  options: StormOptions,
  { started: startedAt, faults, ending }: Course,
  samples: Sample[],
) {
  const watch = { phase: 'storm' as Sample['phase'], end: (): Promise<void> => Promise.resolve() }
  const sampler = createSampler(environment, options.kafkaBootstrap)
  let open = true
  const loop = async (): Promise<void> => {
    for (let next = startedAt; open && !ending.aborted;) {
      const { phase } = watch
      const elapsedSeconds = Math.round((performance.now() - startedAt) / 100) / 10
      try {
        const wrong = { ...faults.state, deaths: { ...faults.deaths } }
        const sample = { elapsedSeconds, phase, ...wrong, ...(await sampler.sample()) }
        samples.push(sample)
        options.onSample(sample)
      } catch (error) {
        options.say(`a sample is missing: ${error instanceof Error ? error.message : String(error)}`)
      }
      next = Math.max(next + options.sampleEveryMs, performance.now())
      await sleep(next - performance.now(), ending)
    }
  }
  const looping = loop()
  watch.end = async () => {
    open = false
    await looping
    await sampler.close()
  }
  return watch
}

const startMs = 120_000

async function untilServed({ gatewayUrl, processGroup }: StormEnvironment): Promise<void> {
  const deadline = performance.now() + startMs
  for (;;) {
    const isServing = await fetch(`${gatewayUrl}/v1/products`, { signal: AbortSignal.timeout(2_000) }).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isServing) return
    const [death] = processGroup.deaths
    if (death !== undefined) throw new Error(death)
    if (performance.now() > deadline) throw new Error(`the gateway did not answer within ${startMs / 1_000} s`)
    await sleep(200)
  }
}
