// What is observed every ten seconds while the peak lasts?
import { setTimeout as sleep } from 'node:timers/promises'
import type { Platform } from '@orderpipeline/e2e/platform'
import { busyShare, memoryByProgram, processorTime } from './machine.ts'
import type { MemoryByProgram } from './machine.ts'

export interface Sample {
  /** Since the first order was due. */
  readonly seconds: number
  /** 0 to 1, of all cores, since the sample before. */
  readonly busy: number
  readonly memory: MemoryByProgram
  readonly connections: number
  readonly stages: readonly StageSample[]
}

export interface StageSample {
  readonly name: string
  readonly wanted: number
  /** Messages, as the status of the pipeline says it; absent while unknown. */
  readonly lag: number | undefined
}

const everyMs = 10_000

/** Until the signal. `say` gets a line a minute. */
export async function sampled(
  platform: Platform,
  { signal, forSeconds, say }: { signal: AbortSignal; forSeconds: number; say: (line: string) => void },
): Promise<Sample[]> {
  const startedAt = performance.now()
  const samples: Sample[] = []
  let before = await processorTime()
  while (!signal.aborted) {
    await sleep(everyMs, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) break
    const now = await processorTime()
    const seconds = (performance.now() - startedAt) / 1_000
    const sample = { seconds, busy: busyShare(before, now), ...(await look(platform)) }
    before = now
    samples.push(sample)
    if (samples.length % 6 === 0) say(line(sample, forSeconds))
  }
  return samples
}

async function look(platform: Platform): Promise<Omit<Sample, 'seconds' | 'busy'>> {
  const [memory, connections, { status }] = await Promise.all([
    memoryByProgram(),
    platform.ledger.connections(),
    platform.cluster.pipeline('shop'),
  ])
  const stages = (status?.stages ?? []).map(({ name, desiredReplicas, lag }) => ({
    name,
    wanted: desiredReplicas,
    lag,
  }))
  return { memory, connections, stages }
}

function line({ seconds, busy, connections, stages }: Sample, forSeconds: number): string {
  const lag = stages.reduce((sum, stage) => sum + (stage.lag ?? 0), 0)
  const replicas = stages.map((stage) => `${stage.name} ${stage.wanted}`).join(', ')
  const remaining = Math.max(0, Math.round((forSeconds - seconds) / 60))
  return `${Math.round(seconds)} s: CPU ${Math.round(busy * 100)} %, lag ${lag}, ${connections} connections; ${replicas}; ${remaining} min to go`
}
