// How do several figures of a stage become the one that its autoscaler gets? By a formula that KEDA
// evaluates: the sum of the lags, or the operator's answer for a stage scaled on flow, with that
// sum instead while the operator does not answer.
import type { OrderPipeline, ScaledObjectSpec, Stage, Trigger } from '../../api/index.ts'
import { namespaceOf } from '../children/names.ts'

export interface FlowScalerSettings {
  /**
   * The URL at which KEDA asks the operator for the replicas of a stage, such as
   * http://operator-scaler.op.svc:8081; absent: KEDA does not ask.
   */
  readonly flowScalerUrl?: string | undefined
  /**
   * Whether KEDA supports `fallback.behavior: scalingModifiers`, which came with version 2.20;
   * absent means yes.
   */
  readonly formulaFallback?: boolean
}

export interface OneFigure {
  readonly triggers: readonly Trigger[]
  readonly scalingModifiers: { readonly formula: string; readonly target: string }
  readonly fallback?: NonNullable<ScaledObjectSpec['fallback']>
}

/** Whether KEDA asks the operator for the replicas of this stage. */
export function isScaledOnFlow(
  { scaling }: Stage,
  { flowScalerUrl, formulaFallback = true }: FlowScalerSettings,
): boolean {
  return scaling.policy === 'Flow' && flowScalerUrl !== undefined && formulaFallback
}

export function flowPath(namespace: string, pipeline: string, stage: string): string {
  return `/v1/flow/${namespace}/${pipeline}/${stage}`
}

/**
 * A HorizontalPodAutoscaler takes the largest of several figures, so a stage of several topics
 * would be scaled for one of them. Instead their lags are added up. KEDA then gives the autoscaler
 * that one figure in place of all that are not CPU or memory, so a schedule and a query must be in
 * the formula too, each as the lag that would give the same number of replicas.
 */
export function lagSum(triggers: readonly Trigger[], target: number): OneFigure {
  const { withNames, terms } = namedTriggers(triggers)
  const others = otherTerms(terms, target)
  return {
    triggers: withNames,
    scalingModifiers: { formula: highest([sumOf(terms), ...others]), target: String(target) },
  }
}

/**
 * The figure is a number of replicas. KEDA takes a trigger that failed more often than
 * `failureThreshold` for nil: without the operator the lags count, and with neither there is an
 * error, no figure, and the autoscaler stands still. The trigger is `metrics-api` and not an
 * external scaler: when an external scaler cannot be reached, KEDA (up to 2.21 at least) does not
 * learn its metrics, counts no failure and never falls back (kedacore/keda#8056).
 */
export function flowElseLag(
  pipeline: OrderPipeline,
  stage: Stage,
  triggers: readonly Trigger[],
  lagPerReplica: number,
  url: string,
): OneFigure {
  const { withNames, terms } = namedTriggers(triggers)
  const lag = terms.filter(({ kind }) => kind === 'kafka').length > 1 ? `(${sumOf(terms)})` : sumOf(terms)
  const path = flowPath(namespaceOf(pipeline), pipeline.metadata.name, stage.name)
  const metadata = { url: `${url}${path}`, valueLocation: 'metric', targetValue: '1' }
  return {
    triggers: [{ type: 'metrics-api', name: 'flow', metadata }, ...withNames],
    scalingModifiers: {
      formula: highest([`flow ?? (${lag} / ${lagPerReplica})`, ...otherTerms(terms, 1)]),
      target: '1',
    },
    fallback: {
      failureThreshold: 3,
      replicas: Math.max(1, stage.scaling.minReplicas),
      behavior: 'scalingModifiers',
    },
  }
}

interface Term {
  readonly kind: Trigger['type']
  readonly name: string
  /** The part of its figure that needs one replica; undefined where the figure is a lag. */
  readonly perReplica: number | undefined
}

function namedTriggers(triggers: readonly Trigger[]): { withNames: readonly Trigger[]; terms: readonly Term[] } {
  const counts = new Map<string, number>()
  const terms: Term[] = []
  const withNames = triggers.map((trigger): Trigger => {
    const { type, ...rest } = trigger
    if (type === 'cpu' || type === 'memory') return trigger
    const index = counts.get(type) ?? 0
    counts.set(type, index + 1)
    const name = `${figureNames[type]}_${index}`
    const perReplica = { kafka: undefined, 'metrics-api': 1, cron: 1, prometheus: Number(rest.metadata['threshold']) }[
      type
    ]
    terms.push({ kind: type, name, perReplica })
    return { type, name, ...rest }
  })
  return { withNames, terms }
}

const figureNames = { kafka: 'lag', prometheus: 'query', cron: 'schedule', 'metrics-api': 'answer' } as const

function sumOf(terms: readonly Term[]): string {
  return terms
    .filter(({ kind }) => kind === 'kafka')
    .map(({ name }) => name)
    .join(' + ')
}

/** Each as the figure that would give the same number of replicas at this target. */
function otherTerms(terms: readonly Term[], target: number): string[] {
  return terms.flatMap(({ name, perReplica }) => (perReplica === undefined ? [] : `${name} * ${target / perReplica}`))
}

function highest(terms: readonly string[]): string {
  return terms.length === 1 ? (terms[0] ?? '') : `max(${terms.join(', ')})`
}
