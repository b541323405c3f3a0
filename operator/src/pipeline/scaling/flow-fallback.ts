// Is a stage with the scaling policy Flow scaled on flow at present, or on consumer lag? On lag if
// KEDA cannot ask the operator for the flow, or gets no answer. The answer is read from the stage's
// ScaledObject. Pure.
import type { ChildObject, OrderPipeline, ScaledObject } from '../../api/index.ts'
import { scaledObjectOf } from '../children/live.ts'

export interface ScaledOn {
  readonly stage: string
  readonly by: 'Flow' | 'Lag'
  /** Why it is scaled on lag. */
  readonly why?: string
}

/** An entry of `status.health` of a ScaledObject, one for each metric that KEDA reads. */
interface Health {
  readonly numberOfFailures?: number
  readonly status?: string
}

/** One entry for each stage with the policy Flow that has a ScaledObject. */
export function scaledOn(pipeline: OrderPipeline, children: readonly ChildObject[]): ScaledOn[] {
  return pipeline.spec.stages
    .filter(({ scaling }) => scaling.policy === 'Flow')
    .flatMap(({ name }): ScaledOn[] => {
      const scaledObject = scaledObjectOf(pipeline, name, children)
      if (!scaledObject) return []
      const why = reasonForLag(scaledObject)
      return [why === undefined ? { stage: name, by: 'Flow' } : { stage: name, by: 'Lag', why }]
    })
}

/** Why the stage is scaled on lag; undefined if KEDA asks the operator and gets answers. */
export function reasonForLag({ spec, status }: ScaledObject): string | undefined {
  if (!spec.triggers.some(({ type }) => type === 'metrics-api'))
    return 'KEDA is older than 2.20, or flowScaler is disabled in the chart of the operator'
  const { health = {} } = (status ?? {}) as { readonly health?: Readonly<Record<string, Health>> }
  const { failureThreshold = 3 } = spec.fallback ?? {}
  // KEDA's name for the metric of a metrics-api trigger, after the number of the trigger.
  const flow = Object.entries(health).find(([metric]) => /^s\d+-metric-api-/.test(metric))?.[1]
  return flow?.status === 'Failing' && (flow.numberOfFailures ?? 0) > failureThreshold
    ? 'the operator does not answer KEDA about the flow: check that its replicas run and can read Kafka, and that KEDA can reach its port 8081'
    : undefined
}
