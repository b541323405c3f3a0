// What happens to a stage, second by second? Its consumer group as Kafka knows it, and its
// Deployment.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Platform } from '@orderpipeline/e2e/platform'

export interface Observation {
  /** Since the beginning. */
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
  /** Of performance.now() at the beginning. */
  readonly from: number
  readonly longestSeconds: number
  readonly say: (line: string) => void
  /** Whether there is nothing more to see. */
  readonly until: (observation: Observation) => Promise<boolean> | boolean
}

const everyMs = 400

/** @throws Error when it is not over after the longest time */
export async function watch(platform: Platform, options: WatchOptions): Promise<Observation[]> {
  const { deployment, from, say } = options
  const group = await platform.consumerGroup(options.groupId, options.topics)
  const seen: Observation[] = []
  let said = ''
  try {
    for (;;) {
      const now = await look(platform, group, deployment, from)
      if (now !== undefined) {
        seen.push(now)
        const { seconds, members, stable, lag, ready, wanted } = now
        const line = `lag ${lag}, ${members} members${stable ? '' : ' rebalancing'}, ${ready} ready of ${wanted} wanted`
        if (line !== said) say(`${seconds.toFixed(0).padStart(5)} s  ${(said = line)}`)
        if (await options.until(now)) return seen
      }
      if ((performance.now() - from) / 1_000 > options.longestSeconds)
        throw new Error(`not over after ${options.longestSeconds} s: ${said}`)
      await sleep(everyMs)
    }
  } finally {
    await group.close()
  }
}

/** A busy broker or API server may not answer once; the next look will. */
async function look(
  platform: Platform,
  group: Awaited<ReturnType<Platform['consumerGroup']>>,
  deployment: string,
  from: number,
): Promise<Observation | undefined> {
  try {
    const [view, { ready, wanted }] = await Promise.all([group.look(), platform.cluster.stage(deployment)])
    return { ...view, ready, wanted, seconds: (performance.now() - from) / 1_000 }
  } catch {
    return undefined
  }
}
