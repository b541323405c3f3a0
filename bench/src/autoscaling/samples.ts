// What happens to the stages of a shop while a load runs? Sampled every two seconds, until nothing
// is left to do and every stage is back at its minimum.
import { setTimeout as sleep } from 'node:timers/promises'
import { inTime } from '../shop-look.ts'

export interface StageSample {
  readonly name: string
  readonly wanted: number
  readonly ready: number
  /** Messages written and not committed. */
  readonly lag: number
}

export interface ShopLook {
  /** Orders without an end. */
  readonly inProgress: number
  readonly stages: readonly StageSample[]
}

export interface ShopSample extends ShopLook {
  /** Since the first order was due. */
  readonly seconds: number
}

/** What is sampled. */
export interface ShopView {
  look(): Promise<ShopLook>
  close(): Promise<void>
}

export interface SamplingOptions {
  /** The value of performance.now() at the beginning. */
  readonly from: number
  /** Settles once the last order was answered. */
  readonly traffic: Promise<unknown>
  readonly minReplicas: ReadonlyMap<string, number>
  readonly longestSeconds: number
  /** Two seconds unless given: a look asks Kafka for the offsets of every topic. */
  readonly everyMs?: number
  readonly say: (line: string) => void
}

/** @throws Error when it is not over after the longest time */
export async function samplesOf(view: ShopView, options: SamplingOptions): Promise<ShopSample[]> {
  const { from, minReplicas, longestSeconds, everyMs = 2_000, say } = options
  const elapsed = (): number => (performance.now() - from) / 1_000
  const samples: ShopSample[] = []
  let sending = true
  const over = (): void => void (sending = false)
  void options.traffic.then(over, over)
  let lastLine = ''
  for (;;) {
    // A busy broker or API server may fail to answer once; the next look will succeed.
    const look = await inTime(view.look()).catch(() => undefined)
    if (look) {
      const sample = { ...look, seconds: elapsed() }
      samples.push(sample)
      const line = lineOf(sample)
      if (line !== lastLine) say(`${sample.seconds.toFixed(0).padStart(5)} s  ${(lastLine = line)}`)
      if (!sending && isAtRest(sample, minReplicas)) return samples
    }
    if (elapsed() > longestSeconds) throw new Error(`not at rest after ${longestSeconds} s: ${lastLine}`)
    await sleep(everyMs)
  }
}

export function isDone({ inProgress, stages }: ShopLook): boolean {
  return inProgress === 0 && stages.every(({ lag }) => lag === 0)
}

function isAtRest(look: ShopLook, minReplicas: ReadonlyMap<string, number>): boolean {
  return (
    isDone(look) && look.stages.every(({ name, wanted, ready }) => wanted === minReplicas.get(name) && ready === wanted)
  )
}

function lineOf({ inProgress, stages }: ShopLook): string {
  const each = stages.map(({ name, ready, wanted, lag }) => `${name} ${ready}/${wanted} lag ${lag}`)
  return `${inProgress} orders in progress; ${each.join(', ')}`
}
