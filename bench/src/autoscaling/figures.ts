// What does a run come to? The same figures of the cluster's samples and of the dry run.
import { turnsOf } from '@orderpipeline/cli'
import type { DryRun } from '@orderpipeline/cli'
import type { Row } from '../table.ts'
import { isDone } from './samples.ts'
import type { ShopSample } from './samples.ts'

export interface StageFigures {
  readonly name: string
  /** How often its desired replicas went from rising to falling, or back. */
  readonly turns: number
  readonly mostReplicas: number
  readonly peakLag: number
}

export interface RunFigures {
  readonly stages: readonly StageFigures[]
  /** The sum of all stages, until each is back at its minimum. */
  readonly replicaHours: number
  /** From the last order to the end of the last message; undefined where some are left. */
  readonly drainSeconds: number | undefined
}

/** `sendingSeconds`: from the first order to the last. */
export function clusterFigures(samples: readonly ShopSample[], sendingSeconds: number): RunFigures {
  const names = samples[0]?.stages.map(({ name }) => name) ?? []
  const stages = names.map((name): StageFigures => {
    const own = samples.flatMap((sample) => sample.stages.filter((stage) => stage.name === name))
    return {
      ...{ name, turns: turnsOf(own) },
      mostReplicas: Math.max(...own.map(({ wanted }) => wanted)),
      peakLag: Math.max(...own.map(({ lag }) => lag)),
    }
  })
  const doneAt = samples[samples.findLastIndex((sample) => !isDone(sample)) + 1]?.seconds
  const drainSeconds = doneAt === undefined ? undefined : Math.max(0, doneAt - sendingSeconds)
  return { stages, replicaHours: replicaHoursOf(samples), drainSeconds }
}

/** Each sample lasts until the next. */
function replicaHoursOf(samples: readonly ShopSample[]): number {
  const podSeconds = samples.slice(1).reduce((sum, { seconds }, index) => {
    const before = samples[index]
    const pods = before?.stages.reduce((all, { wanted }) => all + wanted, 0) ?? 0
    return sum + pods * (seconds - (before?.seconds ?? seconds))
  }, 0)
  return podSeconds / 3_600
}

export function simulatedFigures({ figures }: DryRun, sendingSeconds: number): RunFigures {
  const { stages, replicaHours, doneAtSeconds } = figures
  return {
    ...{ stages, replicaHours },
    drainSeconds: doneAtSeconds === undefined ? undefined : Math.max(0, doneAtSeconds - sendingSeconds),
  }
}

export function rowOf(way: string, where: string, { stages, replicaHours, drainSeconds }: RunFigures): Row {
  const payment = stages.find(({ name }) => name === 'payment')
  return {
    'scaled on': way,
    figures: where,
    turns: Math.max(0, ...stages.map(({ turns }) => turns)),
    'most of payment': payment?.mostReplicas ?? '-',
    'replica-hours': Math.round(replicaHours * 10) / 10,
    ...Object.fromEntries(stages.map(({ name, peakLag }) => [`peak lag, ${name}`, peakLag])),
    'drained after, s': drainSeconds === undefined ? 'later' : Math.round(drainSeconds),
  }
}
