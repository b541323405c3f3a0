// Which faults occur in a storm, and when? Follows from its seed alone: the database, the payment
// provider, the replicas of each stage and the gateway each have a course of their own, in
// parallel. Pure.
import { shopStages } from '@orderpipeline/stage/testing'
import type { ShopStage } from '@orderpipeline/stage/testing'
import { seeded } from '@orderpipeline/traffic'

export type DatabaseState =
  | { readonly kind: 'well' }
  /** Each packet takes so long, there and back. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Connections stay open, and nothing passes. */
  | { readonly kind: 'silent' }

/**
 * `failing`: a third of its calls. `away`: all of them. `slow`: a third, and the others take longer
 * than the caller waits.
 */
export type ProviderState = 'failing' | 'away' | 'slow'

export type StormFault =
  | { readonly of: 'database'; readonly state: DatabaseState }
  | { readonly of: 'provider'; readonly state: ProviderState }
  | { readonly of: 'replicas'; readonly stage: ShopStage; readonly change: 'joins' }
  /** SIGTERM or SIGKILL; `nth` among the replicas that start and stop, the oldest first. */
  | { readonly of: 'replicas'; readonly stage: ShopStage; readonly change: 'leaves' | 'dies'; readonly nth: number }
  /** Its process is killed and starts again. */
  | { readonly of: 'gateway' }

export interface PlannedFault {
  readonly atMs: number
  readonly fault: StormFault
}

/**
 * In addition to the first replica of a stage, which lives through the storm: a leak shows only in
 * a process that lives for long.
 */
export const maxMoreReplicas = 2

type Range = readonly [number, number]
const seconds = {
  databaseSlow: [10, 40],
  databaseSilent: [2, 15],
  databaseWell: [5, 15],
  providerFailing: [20, 60],
  providerAway: [5, 15],
  providerSlow: [5, 15],
  replicas: [6, 14],
  gateway: [45, 150],
} as const satisfies Readonly<Record<string, Range>>

/**
 * Shorter storms have shorter faults of the database and the provider. Replicas start and stop no
 * more often: the group does not move for up to half a minute each time one dies.
 */
const wholeLengthMs = 600_000

export function planOf(seed: number, lengthMs: number): PlannedFault[] {
  const shortened = Math.min(1, Math.max(0.2, lengthMs / wholeLengthMs))
  const courses = [databaseCourse, providerCourse, replicasCourse, gatewayCourse]
  return courses
    .flatMap((course, n) => {
      const random = seeded(seed * courses.length + n)
      const within = (range: Range): number => shortened * between(range, random)
      return course(lengthMs, random, within)
    })
    .sort((one, other) => one.atMs - other.atMs)
}

function between([from, to]: Range, random: () => number): number {
  return 1_000 * (from + (to - from) * random())
}

type Course = (lengthMs: number, random: () => number, within: (range: Range) => number) => PlannedFault[]

/** It begins slow: orders are placed on a database in trouble. */
const databaseCourse: Course = (lengthMs, random, within) => {
  const faults: PlannedFault[] = []
  let atMs = 0
  const then = (state: DatabaseState, range: Range): void => {
    if (atMs < lengthMs) faults.push({ atMs, fault: { of: 'database', state } })
    atMs += within(range)
  }
  while (atMs < lengthMs) {
    then({ kind: 'slow', ms: Math.round(5 + 35 * random()) }, seconds.databaseSlow)
    if (random() < 0.5) then({ kind: 'silent' }, seconds.databaseSilent)
    then({ kind: 'well' }, seconds.databaseWell)
  }
  return faults
}

const providerCourse: Course = (lengthMs, random, within) => {
  const faults: PlannedFault[] = []
  for (let atMs = 0; atMs < lengthMs;) {
    faults.push({ atMs, fault: { of: 'provider', state: 'failing' } })
    atMs += within(seconds.providerFailing)
    const state = random() < 0.5 ? 'away' : 'slow'
    if (atMs < lengthMs) faults.push({ atMs, fault: { of: 'provider', state } })
    atMs += within(state === 'away' ? seconds.providerAway : seconds.providerSlow)
  }
  return faults
}

/**
 * For all stages together, so that they share what there is of the machine: a replica joins, leaves
 * or dies.
 */
const replicasCourse: Course = (lengthMs, random) => {
  const faults: PlannedFault[] = []
  const more = new Map<ShopStage, number>(shopStages.map((stage) => [stage, 0]))
  const pause = (): number => between(seconds.replicas, random)
  for (let atMs = pause(); atMs < lengthMs; atMs += pause()) {
    const stage = shopStages[Math.floor(random() * shopStages.length)]!
    const count = more.get(stage) ?? 0
    const ends = count === maxMoreReplicas || (count > 0 && random() < 0.5)
    const change = ends ? (random() < 0.5 ? 'leaves' : 'dies') : 'joins'
    more.set(stage, count + (ends ? -1 : 1))
    if (change === 'joins') faults.push({ atMs, fault: { of: 'replicas', stage, change } })
    else faults.push({ atMs, fault: { of: 'replicas', stage, change, nth: Math.floor(random() * count) } })
  }
  return faults
}

const gatewayCourse: Course = (lengthMs, random) => {
  const faults: PlannedFault[] = []
  const pause = (): number => between(seconds.gateway, random)
  for (let atMs = pause(); atMs < lengthMs; atMs += pause()) faults.push({ atMs, fault: { of: 'gateway' } })
  return faults
}
