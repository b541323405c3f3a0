// What is observed every ten seconds while the peak lasts?
import { setTimeout as sleep } from 'node:timers/promises'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { inTime } from '../shop-look.ts'
import { busyShare, memoryByProgram, processorTime } from './machine.ts'
import type { MemoryByProgram } from './machine.ts'

export interface Sample {
  /** Since the first order was due. */
  readonly seconds: number
  /** 0 to 1, of all cores, since the sample before. */
  readonly busy: number
  readonly memory: MemoryByProgram
  readonly connections: number
  /** Replicas of it that its autoscaler wants. */
  readonly gateway: number
  readonly stages: readonly StageSample[]
}

export interface StageSample {
  readonly name: string
  readonly wanted: number
  /** Messages, as the status of the pipeline says it; absent while unknown. */
  readonly lag: number | undefined
}

/** What is asked while the peak lasts. */
export interface PeakShop {
  readonly ledger: { connections(): Promise<number> }
  readonly cluster: { pipeline(name: string): Promise<OrderPipeline> }
}

export interface Samples {
  readonly samples: readonly Sample[]
  /** Looks that PostgreSQL or the API server did not answer: on a machine at its limit. */
  readonly unanswered: number
}

export interface SamplingOptions {
  readonly signal: AbortSignal
  readonly forSeconds: number
  readonly everyMs: number
  /** Gets a line after every sixth sample, and one for each look without an answer. */
  readonly say: (line: string) => void
}

/** Until the signal. */
export async function sampled(shop: PeakShop, options: SamplingOptions): Promise<Samples> {
  const { signal, forSeconds, everyMs, say } = options
  const startedAt = performance.now()
  const samples: Sample[] = []
  let unanswered = 0
  let before = await processorTime()
  for (;;) {
    await sleep(everyMs, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return { samples, unanswered }
    const now = await processorTime()
    const seconds = (performance.now() - startedAt) / 1_000
    const busy = busyShare(before, now)
    before = now
    try {
      const sample = { seconds, busy, ...(await inTime(look(shop))) }
      samples.push(sample)
      if (samples.length % 6 === 0) say(line(sample, forSeconds))
    } catch (error) {
      unanswered += 1
      say(`${Math.round(seconds)} s: no sample: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

async function look(shop: PeakShop): Promise<Omit<Sample, 'seconds' | 'busy'>> {
  const [memory, connections, { status }] = await Promise.all([
    memoryByProgram(),
    shop.ledger.connections(),
    shop.cluster.pipeline('shop'),
  ])
  const stages = (status?.stages ?? []).map(({ name, desiredReplicas, lag }) => ({
    name,
    wanted: desiredReplicas,
    lag,
  }))
  return { memory, connections, gateway: status?.gateway?.desiredReplicas ?? 0, stages }
}

function line({ seconds, busy, connections, gateway, stages }: Sample, forSeconds: number): string {
  const lag = stages.reduce((sum, stage) => sum + (stage.lag ?? 0), 0)
  const replicas = [{ name: 'gateway', wanted: gateway }, ...stages].map(({ name, wanted }) => `${name} ${wanted}`)
  const remaining = Math.max(0, Math.round((forSeconds - seconds) / 60))
  return `${Math.round(seconds)} s: CPU ${Math.round(busy * 100)} %, lag ${lag}, ${connections} connections; ${replicas.join(', ')}; ${remaining} min to go`
}
