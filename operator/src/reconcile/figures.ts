// What does a pipeline cost when only its lag has moved? A look at its own status: no child is
// observed, nothing is planned. Lag decides about nothing but the status, except while a pipeline
// is suspended.
import type { OrderPipeline } from '../api/index.ts'
import { keyOf, statusWithFigures } from '../pipeline/index.ts'
import type { MeasuredStage } from '../pipeline/index.ts'
import type { TopicKeeper } from '../kafka/topic-keeper.ts'
import type { Next } from './next-check.ts'
import { ofKind } from './observe.ts'
import type { Informers } from './observe.ts'
import type { SloLog } from './slo-log.ts'
import type { StatusWriter } from './status-writer.ts'
import type { ThroughputLog } from './throughput-log.ts'

export interface FiguresEnvironment {
  readonly status: Pick<StatusWriter, 'due' | 'put'>
  readonly throughput: Pick<ThroughputLog, 'noteFigures'>
  readonly slo: Pick<SloLog, 'budgetsOf'>
  readonly lagOf: (key: string) => ReadonlyMap<string, MeasuredStage>
  readonly topics: Pick<TopicKeeper, 'topicsOf'>
  readonly informers: Pick<Informers, 'pipelines' | 'children'>
  /** Whether this installation acts on the pipeline. */
  readonly acts: (pipeline: OrderPipeline) => boolean
  /** The status of this pipeline has been written. */
  readonly shown: (pipeline: OrderPipeline) => void
}

/** A pass over the figures of the pipeline with this key. */
export function figuresPass(on: FiguresEnvironment) {
  return async (key: string): Promise<Next> => {
    const pipelineNow = () => on.informers.pipelines.store.get(key) as OrderPipeline | undefined
    const pipeline = pipelineNow()
    if (!pipeline || !on.acts(pipeline)) return { kind: 'whole' }
    const next = await reconcileFigures(on, pipeline)
    const after = pipelineNow()
    if (after && after.metadata.resourceVersion !== pipeline.metadata.resourceVersion) on.shown(after)
    return next
  }
}

async function reconcileFigures(
  on: Omit<FiguresEnvironment, 'acts' | 'shown'>,
  pipeline: OrderPipeline,
): Promise<Next> {
  const key = keyOf(pipeline)
  const lag = on.lagOf(key)
  const throughput = on.throughput.noteFigures(pipeline, lag)
  const budgets = on.slo.budgetsOf(pipeline)
  const observation = throughput && { pipeline, lag, throughput, budgets }
  const quick = observation && statusWithFigures(observation)
  if (!quick) return { kind: 'whole' }
  const change = on.status.due(pipeline, quick)
  switch (change.write) {
    case 'never':
      return { kind: 'done' }
    case 'later':
      return { kind: 'after', ms: change.waitMs }
    case 'now': {
      const topics = { children: ofKind(on.informers, 'KafkaTopic', key), topics: on.topics.topicsOf(pipeline) }
      const waitMs = await on.status.put(pipeline, statusWithFigures(observation, topics) ?? quick)
      return waitMs === undefined ? { kind: 'done' } : { kind: 'after', ms: waitMs }
    }
  }
}
