// How much of each error budget have the stages of a pipeline spent? Measured with every read of
// the offsets, kept in memory, and continued from the status by the replica that leads next.
import type { OrderPipeline, Stage } from '../api/index.ts'
import {
  consumerGroup,
  continuedRecord,
  errorBudget,
  freshness,
  freshnessName,
  keyOf,
  namespaceOf,
  newBudgetRecord,
  withMeasurement,
} from '../pipeline/index.ts'
import type { BudgetRecord, EndsSample, ErrorBudget, PartitionOffsets } from '../pipeline/index.ts'
import type { Clock } from '../runtime/clock.ts'

export interface SloLog {
  /** Takes note of offsets, by consumer group. Returns whether a figure of the status changed. */
  note(pipeline: OrderPipeline, offsets: ReadonlyMap<string, readonly PartitionOffsets[]>): boolean
  /** By stage; a stage that was not measured yet is absent. */
  budgetsOf(pipeline: OrderPipeline): ReadonlyMap<string, ErrorBudget>
  /** What this process has measured since it started. */
  readonly totals: () => readonly SloTotal[]
  forget(key: string): void
}

export interface SloTotal {
  readonly namespace: string
  readonly pipeline: string
  readonly stage: string
  readonly measuredSeconds: number
  readonly lateSeconds: number
}

interface Entry {
  readonly target: number
  /** Which topics the samples are of. */
  readonly topics: string
  readonly samples: readonly EndsSample[]
  /** Milliseconds of the last look. */
  readonly lookedAt: number
  readonly record: BudgetRecord
  readonly total: SloTotal
}

type FreshnessGoal = NonNullable<NonNullable<OrderPipeline['spec']['slo']>['stages']>[number]

/** `longestGapMs`: a longer time between two looks counts as not measured. */
export function sloLog({ now, wall }: Pick<Clock, 'now' | 'wall'>, longestGapMs: number): SloLog {
  const entries = new Map<string, ReadonlyMap<string, Entry>>()

  const looked = (
    pipeline: OrderPipeline,
    stage: Stage,
    { freshnessSeconds: target }: FreshnessGoal,
    partitions: readonly PartitionOffsets[],
  ): Entry => {
    const at = now()
    const last = entries.get(keyOf(pipeline))?.get(stage.name)
    const before = last?.target === target ? last : undefined
    const topics = topicsOf(partitions)
    const samples = before?.topics === topics ? before.samples : []
    const look = freshness(samples, partitions, at, target * 1000)
    const gapMs = before ? at - before.lookedAt : 0
    const seconds = look.late === undefined || gapMs > longestGapMs ? 0 : gapMs / 1000
    const record = before?.record ?? startOf(pipeline, stage.name, target, wall())
    const total = last?.total ?? newTotal(pipeline, stage.name)
    const late = look.late === true
    return {
      ...{ target, topics, samples: look.samples, lookedAt: at },
      record: withMeasurement(record, { at: wall(), seconds, late }),
      total: {
        ...total,
        measuredSeconds: total.measuredSeconds + seconds,
        lateSeconds: total.lateSeconds + (late ? seconds : 0),
      },
    }
  }

  const budgetsOf = (pipeline: OrderPipeline) => budgetsIn(entries.get(keyOf(pipeline)), pipeline)

  return {
    note: (pipeline, offsets) => {
      const key = keyOf(pipeline)
      const goals = goalsOf(pipeline)
      if (goals.length === 0) return entries.delete(key) && false
      const before = fingerprint(budgetsOf(pipeline))
      const next = new Map<string, Entry>()
      for (const goal of goals) {
        const stage = pipeline.spec.stages.find(({ name }) => name === goal.name)
        const partitions = stage && offsets.get(consumerGroup(pipeline, stage))
        const last = entries.get(key)?.get(goal.name)
        // A suspended pipeline lets messages wait on purpose.
        if (stage && partitions && !pipeline.spec.suspend)
          next.set(goal.name, looked(pipeline, stage, goal, partitions))
        else if (last) next.set(goal.name, pipeline.spec.suspend ? { ...last, samples: [] } : last)
      }
      entries.set(key, next)
      return fingerprint(budgetsOf(pipeline)) !== before
    },
    budgetsOf,
    totals: () => [...entries.values()].flatMap((stages) => [...stages.values()].map(({ total }) => total)),
    forget: (key) => entries.delete(key),
  }
}

function goalsOf({ spec }: OrderPipeline): readonly FreshnessGoal[] {
  return spec.slo?.stages ?? []
}

/** Continued from the status, as far as it is of the same target. */
function startOf({ status }: OrderPipeline, stage: string, target: number, at: number): BudgetRecord {
  const {
    since,
    measuredSeconds = 0,
    lateSeconds = 0,
  } = status?.slo?.find(({ name, target: other }) => name === freshnessName(stage) && other === target) ?? {}
  const continued = since === undefined ? undefined : continuedRecord({ since, measuredSeconds, lateSeconds })
  return continued ?? newBudgetRecord(at)
}

/** An entry of another target than the spec's does not count. */
function budgetsIn(
  entries: ReadonlyMap<string, Entry> | undefined,
  pipeline: OrderPipeline,
): ReadonlyMap<string, ErrorBudget> {
  return new Map(
    goalsOf(pipeline).flatMap(({ name, freshnessSeconds, objective }) => {
      const entry = entries?.get(name)
      return entry?.target === freshnessSeconds ? [[name, errorBudget(entry.record, objective)] as const] : []
    }),
  )
}

function newTotal(pipeline: OrderPipeline, stage: string): SloTotal {
  const place = { namespace: namespaceOf(pipeline), pipeline: pipeline.metadata.name }
  return { ...place, stage, measuredSeconds: 0, lateSeconds: 0 }
}

function topicsOf(partitions: readonly PartitionOffsets[]): string {
  return [...new Set(partitions.map(({ topic }) => topic))].join()
}

/** What of the figures is worth a look at the status. */
function fingerprint(budgets: ReadonlyMap<string, ErrorBudget>): string {
  return JSON.stringify([...budgets].map(([stage, budget]) => [stage, budgetFigures(budget)]))
}

function budgetFigures({ budgetLeftPercent, burnRate, measuredSeconds, since }: ErrorBudget): unknown {
  return [budgetLeftPercent, burnRate, Math.floor(measuredSeconds / 3600), since]
}
