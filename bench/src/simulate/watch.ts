// What happens to a stage, second by second? Its consumer group as Kafka knows it, and its
// Deployment.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Platform } from '@orderpipeline/e2e/platform'

export interface Observation {
  /** Seconds since the beginning. */
  readonly seconds: number
  readonly members: number
  readonly stable: boolean
  readonly lag: number
  readonly ready: number
  readonly wanted: number
}

export interface WatchOptions {
  readonly deployment: string
  readonly groupId: string
  readonly topics: readonly string[]
  /** The value of performance.now() at the beginning. */
  readonly from: number
  readonly longestSeconds: number
  readonly say: (line: string) => void
  /** Whether there is nothing more to observe. */
  readonly until: (observation: Observation) => Promise<boolean> | boolean
}

const everyMs = 400

/** @throws Error when it is not over after the longest time */
export async function watch(platform: Platform, options: WatchOptions): Promise<Observation[]> {
  const { deployment, from, say } = options
  const group = await platform.consumerGroup(options.groupId, options.topics)
  const observations: Observation[] = []
  let lastLine = ''
  try {
    for (;;) {
      const now = await look(platform, group, deployment, from)
      if (now !== undefined) {
        observations.push(now)
        const { seconds, members, stable, lag, ready, wanted: desired } = now
        const line = `lag ${lag}, ${members} members${stable ? '' : ' rebalancing'}, ${ready} ready of ${desired} wanted`
        if (line !== lastLine) say(`${seconds.toFixed(0).padStart(5)} s  ${(lastLine = line)}`)
        if (await options.until(now)) return observations
      }
      if ((performance.now() - from) / 1_000 > options.longestSeconds)
        throw new Error(`not finished after ${options.longestSeconds} s: ${lastLine}`)
      await sleep(everyMs)
    }
  } finally {
    await group.close()
  }
}

/** A busy broker or API server may fail to answer once; the next look will succeed. */
async function look(
  platform: Platform,
  group: Awaited<ReturnType<Platform['consumerGroup']>>,
  deployment: string,
  from: number,
): Promise<Observation | undefined> {
  try {
    const [view, { ready, wanted: desired }] = await Promise.all([group.look(), platform.cluster.stage(deployment)])
    return { ...view, ready, wanted: desired, seconds: (performance.now() - from) / 1_000 }
  } catch {
    return undefined
  }
}
