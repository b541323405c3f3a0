// Do replicas add up? Payments of a fixed time on the local cluster, by a number of replicas that
// each make one payment at a time, against Little's law: replicas divided by the time of a payment.
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@orderpipeline/e2e/platform'
import type { Platform } from '@orderpipeline/e2e/platform'
import { normalProvider, pausedReplicas, payment, scaledObject } from './cluster-payment.ts'
import { watch } from './simulate/watch.ts'
import type { Observation, WatchOptions } from './simulate/watch.ts'
import type { Row } from './table.ts'

export interface WorkersBenchOptions {
  readonly replicas: readonly number[]
  readonly latencyMs: number
  readonly seconds: number
  readonly say: (line: string) => void
}

const fastProvider = { ...normalProvider, latencyMs: 1 }
const watched = { ...payment, longestSeconds: 900 }
/**
 * Orders of a measurement for each that is paid in it: partitions have different numbers of orders,
 * and none may run out before the end.
 */
const spare = 4

export async function benchWorkers(options: WorkersBenchOptions): Promise<Row[]> {
  const platform = await connect()
  const rows: Row[] = []
  const concurrency = await concurrencyOf(platform)
  try {
    await setConcurrency(platform, 1)
    await platform.settled('shop')
    for (const replicas of options.replicas) rows.push(await measured(platform, replicas, options))
    return rows
  } finally {
    await platform.providerBehaves(normalProvider)
    await platform.cluster.kubectl(['annotate', scaledObject, `${pausedReplicas}-`])
    await setConcurrency(platform, concurrency)
    await platform.close()
  }
}

async function measured(platform: Platform, replicas: number, options: WorkersBenchOptions): Promise<Row> {
  const { latencyMs, seconds, say } = options
  const until = (what: string, condition: WatchOptions['until']) => {
    say(`${replicas} replicas: ${what} …`)
    return watch(platform, { ...watched, from: performance.now(), say, until: condition })
  }
  await platform.cluster.kubectl(['annotate', scaledObject, `${pausedReplicas}=${replicas}`, '--overwrite'])
  await until('starting', ({ members, ready, stable }) => members === replicas && ready === replicas && stable)
  await platform.providerBehaves({ ...normalProvider, latencyMs })
  const orders = Math.ceil(littlesLaw(replicas, latencyMs) * seconds * spare)
  await platform.burst(orders)
  await until('until all that was reserved waits for payment', steadilyShrinking())
  const from = new Date()
  say(`${replicas} replicas: paying for ${seconds} s …`)
  await sleep(seconds * 1_000)
  const { charges, perSecond } = await platform.ledger.chargesPerSecond(from, new Date())
  await platform.providerBehaves(fastProvider)
  await until('paying the rest', ({ lag }) => lag === 0)
  await platform.finished(600)
  return workersRow({ replicas, latencyMs, charges, perSecond })
}

export interface WorkersMeasurement {
  readonly replicas: number
  readonly latencyMs: number
  readonly charges: number
  readonly perSecond: number
}

export function workersRow({ replicas, latencyMs, charges, perSecond }: WorkersMeasurement): Row {
  const law = littlesLaw(replicas, latencyMs)
  return {
    replicas,
    'payments in it': charges,
    'payments/s': thousandths(perSecond),
    "Little's law": thousandths(law),
    ratio: thousandths(perSecond / law),
    aim: 'at least 0.98',
  }
}

/** Payments a second of replicas with one slot each. */
function littlesLaw(replicas: number, latencyMs: number): number {
  return replicas / (latencyMs / 1_000)
}

/** No look of the last ten has more messages waiting than the one before: nothing is added. */
export function steadilyShrinking(): (observation: Pick<Observation, 'lag'>) => boolean {
  let before = 0
  let looks = 0
  return ({ lag }) => {
    looks = lag > before || lag === 0 ? 0 : looks + 1
    before = lag
    return looks >= 10
  }
}

async function concurrencyOf(platform: Platform): Promise<number | undefined> {
  const { spec } = await platform.cluster.pipeline('shop')
  return spec.stages.find(({ name }) => name === 'payment')?.concurrency
}

async function setConcurrency(platform: Platform, concurrency: number | undefined): Promise<void> {
  await platform.editPipeline('shop', ({ spec }) => {
    const stage = spec.stages.find(({ name }) => name === 'payment')
    if (!stage) throw new Error('the pipeline shop has no stage payment')
    if (concurrency === undefined) delete stage.concurrency
    else stage.concurrency = concurrency
  })
}

function thousandths(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
