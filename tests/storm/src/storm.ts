// Does everything end, exactly once and in flat memory, when several things go wrong at once and
// for long? Starts the platform, places a backlog, lets the planned faults happen while further
// customers come and cancel, then stops the faults and waits for all to end.
import { setTimeout as sleep } from 'node:timers/promises'
import { seeded } from '@orderpipeline/traffic'
import { createAccounts } from '@orderpipeline/test-support/accounts'
import { isQuiet } from '@orderpipeline/test-support/books'
import { startCustomers } from '@orderpipeline/test-support/customers'
import { placeBacklog } from './backlog.ts'
import { createFaults } from './faults.ts'
import type { Faults } from './faults.ts'
import { planOf } from './plan.ts'
import { reckon } from './reckoning.ts'
import type { Reckoning } from './reckoning.ts'
import { createSampler } from './samples.ts'
import type { Sample } from './samples.ts'
import type { Settings } from './settings.ts'
import { carefulProblems, carefulStretches, memoryOf, memoryProblems } from './verdict.ts'
import type { MemoryRow, Stretch } from './verdict.ts'
import { startWorld } from './world.ts'
import type { World } from './world.ts'

export interface StormOptions extends Pick<Settings, 'minutes' | 'orders' | 'seed' | 'drainMinutes'> {
  readonly postgresUrl: string
  readonly kafkaBootstrap: string
  /** Of each topic. */
  readonly partitions: number
  readonly sampleEveryMs: number
  /** Given each sample as it is taken. */
  readonly onSample: (sample: Sample) => void
  /** What the processes say. */
  readonly onOutput: (name: string, text: string) => void
  readonly say: (line: string) => void
}

export interface Outcome {
  /** Each thing that is wrong; none where the storm was passed. */
  readonly problems: readonly string[]
  /**
   * From the end of the faults until all was quiet; undefined where that did not come about in
   * time.
   */
  readonly drainSeconds: number | undefined
  /** From the beginning until the whole backlog was accepted. */
  readonly placedSeconds: number | undefined
  readonly faults: Readonly<Record<string, number>>
  readonly reckoning: Reckoning
  readonly memory: readonly MemoryRow[]
  readonly careful: readonly Stretch[]
  readonly samples: number
}

const skus = 200
/** Minutes: in a shorter storm a process grows because it has just started. */
const leastForMemory = 2
const furtherOrders = { perSecond: 2, regret: 0.3 }

export async function playStorm(options: StormOptions): Promise<Outcome> {
  options.say('starting the platform …')
  const world = await startWorld({ ...options, skus })
  const ending = new AbortController()
  try {
    await untilServed(world)
    return await storm(world, options, ending.signal)
  } finally {
    ending.abort()
    await world.close()
  }
}

async function storm(world: World, options: StormOptions, ending: AbortSignal): Promise<Outcome> {
  const started = performance.now()
  const lengthMs = options.minutes * 60_000
  const samples: Sample[] = []
  const accepted: string[] = []
  const faults = createFaults(world)
  const watch = watching(world, options, { started, faults, ending }, samples)
  const random = (n: number) => seeded(options.seed ^ (n * 0x9e3779b9))
  const customers = startCustomers({
    ...{ gateway: world.gatewayUrl, accounts: createAccounts(), skus, random: random(1), ...furtherOrders },
  })
  let placedSeconds: number | undefined
  const backlog = placeBacklog({
    ...{ gateway: world.gatewayUrl, orders: options.orders, skus, random: random(2), signal: ending },
    onAccepted: (ids) => accepted.push(...ids),
  }).then(() => (placedSeconds = (performance.now() - started) / 1_000))
  backlog.catch(() => undefined)

  await faults.play(planOf(options.seed, lengthMs), started, () => world.fleet.deaths.length > 0)
  while (performance.now() < started + lengthMs && world.fleet.deaths.length === 0) await sleep(200)
  options.say('the faults stop; waiting for every order to end')
  await faults.stop()
  watch.phase = 'after'
  const stopped = performance.now()
  const deadline = stopped + options.drainMinutes * 60_000
  const waiting = await untilQuiet(world, deadline, [backlog, customers.end()])
  const drainSeconds = waiting.length === 0 ? (performance.now() - stopped) / 1_000 : undefined
  await watch.end()
  await world.fleet.stop()
  accepted.push(...customers.accepted.values())
  const reckoning = await reckon(world, accepted)
  const memory = memoryOf(samples)
  const careful = carefulStretches(samples)
  const problems = [
    ...world.fleet.deaths,
    ...world.fleet.unclean,
    ...waiting,
    ...reckoning.problems,
    ...(options.minutes < leastForMemory ? [] : memoryProblems(memory)),
    ...carefulProblems(careful),
  ]
  return {
    ...{ problems, drainSeconds, placedSeconds, reckoning, memory, careful },
    faults: faults.counts,
    samples: samples.length,
  }
}

/**
 * Resolves to what is wrong, or nothing, once all orders are placed and all is quiet, or at the
 * deadline.
 */
async function untilQuiet(world: World, deadline: number, placing: readonly Promise<unknown>[]): Promise<string[]> {
  let placed = false
  let refusal: unknown
  void Promise.all(placing).then(
    () => (placed = true),
    (error: unknown) => (refusal = error),
  )
  while (performance.now() < deadline && world.fleet.deaths.length === 0) {
    if (refusal !== undefined) return [refusal instanceof Error ? refusal.message : 'an order was refused']
    if (placed && (await isQuiet(world))) return []
    await sleep(500)
  }
  return [`not all had ended in the time given after the faults${placed ? '' : ', and not all orders were accepted'}`]
}

interface Course {
  readonly started: number
  readonly faults: Faults
  readonly ending: AbortSignal
}

/** Takes a sample every so often until it is told to end. */
function watching(world: World, options: StormOptions, { started, faults, ending }: Course, samples: Sample[]) {
  const watch = { phase: 'storm' as Sample['phase'], end: (): Promise<void> => Promise.resolve() }
  const sampler = createSampler(world, options.kafkaBootstrap)
  let open = true
  const loop = async (): Promise<void> => {
    for (let next = started; open && !ending.aborted;) {
      const { phase } = watch
      const elapsedSeconds = Math.round((performance.now() - started) / 100) / 10
      try {
        const wrong = { ...faults.state, deaths: { ...faults.deaths } }
        const sample = { elapsedSeconds, phase, ...wrong, ...(await sampler.sample()) }
        samples.push(sample)
        options.onSample(sample)
      } catch (error) {
        options.say(`a sample is missing: ${error instanceof Error ? error.message : String(error)}`)
      }
      next = Math.max(next + options.sampleEveryMs, performance.now())
      await sleep(next - performance.now(), undefined, { signal: ending }).catch(() => undefined)
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

async function untilServed({ gatewayUrl, fleet }: World): Promise<void> {
  const deadline = performance.now() + startMs
  for (;;) {
    const served = await fetch(`${gatewayUrl}/v1/products`, { signal: AbortSignal.timeout(2_000) }).then(
      ({ ok }) => ok,
      () => false,
    )
    if (served) return
    const [death] = fleet.deaths
    if (death !== undefined) throw new Error(death)
    if (performance.now() > deadline) throw new Error(`the gateway did not answer within ${startMs / 1_000} s`)
    await sleep(200)
  }
}
