// What does a run come to? The few figures a person compares, from its samples.
import type { Scenario, StageScenario } from './scenario.ts'
import type { Run, StageRun } from './simulation.ts'
import type { StageState } from './stage.ts'

export interface StageFigures {
  readonly name: string
  readonly messages: number
  readonly peakLag: number
  readonly peakLagAtSeconds: number
  /**
   * From the peak of the lag until all messages that had come by then are finished, except those in
   * flight; undefined when that never happens.
   */
  readonly drainSeconds: number | undefined
  /** Messages × seconds that they waited or were in flight. */
  readonly lagSeconds: number
  /** When its lag becomes 0 for good, from the beginning; undefined when some remains. */
  readonly doneAtSeconds: number | undefined
  /** Longest time from a message's arrival to its end, as if they went in order. */
  readonly longestWaitSeconds: number
  readonly minReplicas: number
  readonly maxReplicas: number
  readonly mostReplicas: number
  /** Until the largest desired number of replicas is ready. */
  readonly secondsToMost: number | undefined
  /** Until the number of replicas in question is ready. */
  readonly secondsToReplicas: number | undefined
  /** How often the desired replicas went from rising to falling, or back. */
  readonly turns: number
  readonly rebalances: number
  readonly standstillSeconds: number
  readonly replicaHours: number
  /** Had there always been maxReplicas. */
  readonly replicaHoursAtMaximum: number
}

export interface Figures {
  readonly orders: number
  readonly seconds: number
  /** When the last stage is done; undefined when one is not. */
  readonly doneAtSeconds: number | undefined
  readonly replicaHours: number
  readonly replicaHoursAtMaximum: number
  readonly stages: readonly StageFigures[]
}

/** `replicas` is the number whose reaching is timed. */
export function figures({ stages }: Scenario, run: Run, replicas: number): Figures {
  const each = run.stages.map((stageRun, index): StageFigures => {
    const stage = stages[index]
    if (!stage) throw new RangeError(`${stageRun.name} is no stage of the scenario`)
    return stageFigures(stage, stageRun, run.seconds, replicas)
  })
  const sum = (of: (stage: StageFigures) => number): number => each.reduce((total, stage) => total + of(stage), 0)
  const doneAt = each.map(({ doneAtSeconds }) => doneAtSeconds)
  return {
    orders: run.orders,
    seconds: run.seconds,
    doneAtSeconds: doneAt.includes(undefined) ? undefined : Math.max(...doneAt.map((at) => at ?? 0)),
    replicaHours: sum(({ replicaHours }) => replicaHours),
    replicaHoursAtMaximum: sum(({ replicaHoursAtMaximum }) => replicaHoursAtMaximum),
    stages: each,
  }
}

function stageFigures(
  { rules, workSeconds }: StageScenario,
  { name, samples, rebalances, standstillSeconds, podSeconds }: StageRun,
  seconds: number,
  replicas: number,
): StageFigures {
  const { maxReplicas } = rules.hpa
  const highest = (of: (sample: StageState) => number): number =>
    samples.reduce((most, one) => Math.max(most, of(one)), 0)
  const peakLag = highest(({ lag }) => lag)
  const peakAt = samples.findIndex(({ lag }) => lag === peakLag)
  const drainedAt = drainedFrom(samples, peakAt, workSeconds)
  const mostReplicas = highest(({ wanted }) => wanted)
  return {
    name,
    messages: samples.at(-1)?.arrived ?? 0,
    peakLag,
    peakLagAtSeconds: peakAt,
    drainSeconds: drainedAt === undefined ? undefined : drainedAt - peakAt,
    lagSeconds: samples.reduce((sum, { lag }) => sum + lag, 0),
    doneAtSeconds: samples.at(-1)?.lag === 0 ? samples.findLastIndex(({ lag }) => lag > 0) + 1 : undefined,
    longestWaitSeconds: longestWait(samples),
    minReplicas: rules.minReplicas,
    maxReplicas,
    mostReplicas,
    secondsToMost: first(samples, ({ ready }) => ready >= mostReplicas),
    secondsToReplicas: first(samples, ({ ready }) => ready >= replicas),
    turns: turnsOf(samples),
    rebalances,
    standstillSeconds,
    replicaHours: podSeconds / 3_600,
    replicaHoursAtMaximum: (maxReplicas * seconds) / 3_600,
  }
}

/** How often the desired replicas went from rising to falling, or back. */
export function turnsOf(samples: readonly Pick<StageState, 'wanted'>[]): number {
  const directions = samples.flatMap(({ wanted: desired }, index) => {
    const change = Math.sign(desired - (samples[index - 1]?.wanted ?? desired))
    return change === 0 ? [] : [change]
  })
  return directions.filter((direction, index) => index > 0 && direction !== directions[index - 1]).length
}

function first(samples: readonly StageState[], is: (sample: StageState) => boolean): number | undefined {
  const at = samples.findIndex(is)
  return at === -1 ? undefined : at
}

/**
 * While messages keep coming lag is never 0: messages that came within the last message's work may
 * still be in flight.
 */
function drainedFrom(samples: readonly StageState[], from: number, workSeconds: number): number | undefined {
  const inFlight = Math.ceil(workSeconds) + 1
  for (let at = from; at < samples.length; at += 1)
    if ((samples[at]?.done ?? 0) >= (samples[Math.max(0, at - inFlight)]?.arrived ?? 0) && at >= from + inFlight)
      return at
  const last = samples.at(-1)
  return last && last.lag === 0 ? samples.length - 1 : undefined
}

function longestWait(samples: readonly StageState[]): number {
  let came = 0
  let longest = 0
  for (const [at, { done: doneCount, lag }] of samples.entries()) {
    while (came < at && (samples[came]?.arrived ?? 0) <= doneCount) came += 1
    if (lag > 0 && (samples[came]?.arrived ?? 0) > doneCount) longest = Math.max(longest, at - came)
  }
  return longest
}
