// How many messages a second will come to each topic? The orders that arrive now, and the backlogs
// that stages work off, carried down the graph of stages. So a later stage is scaled by what enters
// the first one, before its own lag grows.
import type { Topology } from '../kafka/topology.ts'

/** A stage as the rates need it. */
export interface FlowStage {
  readonly name: string
  readonly topics: readonly string[]
  /** Messages of a topic's backlog, beyond those in flight. */
  readonly backlog: ReadonlyMap<string, number>
  /** Time within which a backlog should be worked off. */
  readonly drainSeconds: number
  /** Messages a second that the stage handles at most, with its maximum of replicas. */
  readonly capacityPerSecond: number
}

/** Relative change below which another iteration adds nothing. */
const precision = 1e-4
/** A loop of stages gives back less than it gets, so far fewer iterations are enough. */
const mostRounds = 200

/**
 * Messages a second on each topic.
 * @param entrances messages a second on a topic where orders come in
 */
export function expectedRates(
  { entrances: names, flows }: Topology,
  entrances: (topic: string) => number,
  stages: readonly FlowStage[],
): ReadonlyMap<string, number> {
  const start = new Map(names.map((topic) => [topic, entrances(topic)]))
  let rates: ReadonlyMap<string, number> = start
  for (let round = 0; round < mostRounds; round += 1) {
    const next = new Map(start)
    for (const stage of stages) {
      const handled = handledRates(stage, rates)
      for (const { stage: name, from, to, ratio } of flows)
        if (name === stage.name) next.set(to, (next.get(to) ?? 0) + (handled.get(from) ?? 0) * ratio)
    }
    if (isSame(rates, next)) return next
    rates = next
  }
  return rates
}

/**
 * Messages a second of each topic that a stage will handle: arrivals and backlog, up to its
 * capacity.
 */
function handledRates(
  { topics, backlog, drainSeconds, capacityPerSecond }: FlowStage,
  rates: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const offeredRates = topics.map(
    (topic) => [topic, (rates.get(topic) ?? 0) + (backlog.get(topic) ?? 0) / drainSeconds] as const,
  )
  const total = offeredRates.reduce((sum, [, rate]) => sum + rate, 0)
  const share = total > capacityPerSecond ? capacityPerSecond / total : 1
  return new Map(offeredRates.map(([topic, rate]) => [topic, rate * share]))
}

function isSame(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): boolean {
  return [...after].every(([topic, rate]) => Math.abs(rate - (before.get(topic) ?? 0)) <= precision * Math.max(1, rate))
}
