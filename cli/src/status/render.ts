// What does the operator say of a pipeline? Its status as a person reads it: conditions with their
// age, then stage by stage.
import type { Condition, OrderPipeline, ReplicaCounts, StageStatus } from '@orderpipeline/operator/api'
import { figuresOf, partsOf } from '@orderpipeline/operator/pipeline'
import type { Paint } from '../colour.ts'
import { columns, tables } from '../columns.ts'
import { ageText, countText, deadLettersText, drainText, rateText, unknown } from '@orderpipeline/client/figures'
import { objectiveLines } from '../objectives/render.ts'
import { wrapped } from '../wrapped.ts'

/** No line is wider than `width`, where one is given. */
export function statusLines(pipeline: OrderPipeline, paint: Paint, now: Date, width?: number): string[] {
  const { metadata, spec, status = {} } = pipeline
  const waiting = status.observedGeneration !== metadata.generation
  return [
    `${paint(`OrderPipeline ${metadata.namespace ?? ''}/${metadata.name}`, 'bold')}  made ${ageText(metadata.creationTimestamp, now)} ago${spec.suspend ? `  ${paint('suspended', 'yellow')}` : ''}${metadata.deletionTimestamp === undefined ? '' : `  ${paint('being deleted', 'red')}`}`,
    ...(waiting ? [paint(behindText(status.observedGeneration), 'yellow')] : []),
    '',
    ...conditionLines(status.conditions ?? [], paint, now, width),
    '',
    ...totalsLines(pipeline, width),
    ...servicesLines(pipeline, paint, width),
    '',
    ...stageLines(pipeline, paint, width),
    '',
    ...objectiveLines(pipeline, paint, width),
    ...notes(pipeline, paint, width),
    ...scalingLines(pipeline, now, width),
  ]
}

function behindText(lag: number | undefined): string {
  return lag === undefined
    ? 'The operator has not reconciled it yet. Check that it runs: kubectl get pods -A -l app.kubernetes.io/name=orderpipeline-operator'
    : 'The operator has not yet reconciled the latest spec; the status below is of the previous one.'
}

function conditionLines(
  conditions: readonly Condition[],
  paint: Paint,
  now: Date,
  width: number | undefined,
): string[] {
  if (conditions.length === 0) return ['no conditions yet']
  const rows = conditions.map(({ type, status, reason, lastTransitionTime }) => [
    type,
    status,
    ageText(lastTransitionTime, now),
    reason,
  ])
  const [titles = '', ...lines] = columns(['CONDITION', 'IS', 'FOR', 'REASON'], rows, ['left', 'left', 'right', 'left'])
  return [
    paint(`${titles}  MESSAGE`, 'dim'),
    ...lines.flatMap((line, index) => {
      const { status = 'Unknown', message = '' } = conditions[index] ?? {}
      const text = message.replaceAll(/\s*\n\s*/g, ' ')
      const whole = `${line}  ${text}`
      const fits = width === undefined || whole.length <= width
      const output = fits ? [whole] : [line.trimEnd(), ...wrapped(`    ${text}`, width, 4)]
      return status === 'True' ? output : output.map((one) => paint(one, status === 'False' ? 'red' : 'yellow'))
    }),
  ]
}

function totalsLines({ status = {} }: OrderPipeline, width: number | undefined): string[] {
  const { totals, capacity } = status
  const parts = [
    `orders/s ${rateText(totals?.ordersPerSecond)}`,
    `lag ${countText(totals?.lag)}`,
    `stages ready ${totals?.stages ?? unknown}`,
    `replicas ready ${totals?.replicas ?? unknown}`,
    ...(capacity
      ? [`carries ${rateText(capacity.ordersPerSecond)} orders/s, ${capacity.bottleneck} gives out first`]
      : []),
  ]
  const line = parts.join('   ')
  return width === undefined || line.length <= width ? [line] : parts
}

/** What the built-in programs run with, and whether there is something newer to move to. */
function servicesLines({ status = {} }: OrderPipeline, paint: Paint, width: number | undefined): string[] {
  const { services } = status
  if (!services) return []
  const runs = wrapped(`built-in programs run ${services.image}`, width, 2)
  if (services.available === undefined) return runs
  const brings = `the operator brings ${services.available}; spec.image or spec.updates moves the pipeline to it`
  return [...runs, ...wrapped(brings, width, 2).map((line) => paint(line, 'yellow'))]
}

const header = ['STAGE', 'READY/WANTED', 'MIN-MAX', 'LAG', 'ARRIVED/S', 'CONSUMED/S', 'DRAIN', 'CARRIES/S'] as const

function stageLines({ spec, status = {} }: OrderPipeline, paint: Paint, width: number | undefined): string[] {
  const parts = partsOf(spec).map(({ name, scaling }) => ({ name, scaling, figures: figuresOf(status, name) }))
  const rows = parts.map(({ name, scaling, figures }) => row(name, scaling, figures))
  return tables(header, rows, { width }).flatMap(({ titles, lines }) => [
    paint(titles, 'dim'),
    ...lines.map((line, index) => {
      const { readyReplicas = 0, desiredReplicas = 0 } = parts[index]?.figures ?? {}
      return readyReplicas < desiredReplicas ? paint(line, 'yellow') : line
    }),
  ])
}

type Bounds = { readonly minReplicas: number; readonly maxReplicas: number }

function row(
  name: string,
  { minReplicas, maxReplicas }: Bounds,
  figures?: ReplicaCounts & Partial<StageStatus>,
): string[] {
  return [
    name,
    figures ? `${figures.readyReplicas}/${figures.desiredReplicas}` : unknown,
    `${minReplicas}-${maxReplicas}`,
    countText(figures?.lag),
    rateText(figures?.arrivedPerSecond),
    rateText(figures?.consumedPerSecond),
    drainText(figures ?? {}),
    rateText(figures?.capacity?.ordersPerSecond),
  ]
}

/** What a stage's figures alone do not say. */
function notes({ metadata, status = {} }: OrderPipeline, paint: Paint, width: number | undefined): string[] {
  const notices = (status.stages ?? []).flatMap(({ name, deadLetters = 0, rollout, scaleOut }) => [
    ...(deadLetters > 0 ? [`${name}: ${deadLettersText(deadLetters, metadata.name, name)}`] : []),
    ...(rollout && rollout.phase !== 'Stable' ? [`${name}: rollout ${rollout.phase}: ${rollout.message ?? ''}`] : []),
    ...(scaleOut ? [`${name}: more replicas did not increase the throughput: ${scaleOut.message}`] : []),
  ])
  return notices.length === 0
    ? []
    : ['', ...notices.flatMap((line) => wrapped(line, width, 2).map((part) => paint(part, 'yellow')))]
}

/** What a stage on flow was last scaled to, and why. */
function scalingLines({ status = {} }: OrderPipeline, now: Date, width: number | undefined): string[] {
  const lines = (status.stages ?? []).flatMap(({ name, lastScaling }) => {
    if (!lastScaling) return []
    const { at, from, to, reason, message } = lastScaling
    return [`${name}: ${from} → ${to} replicas ${ageText(at, now)} ago, ${reason}: ${message}`]
  })
  return lines.length === 0 ? [] : ['', ...lines.flatMap((line) => wrapped(line, width, 2))]
}

/** One line for each of several pipelines. */
export function summaryLines(pipelines: readonly OrderPipeline[], paint: Paint, now: Date, width?: number): string[] {
  const rows = pipelines.map(({ metadata, spec, status = {} }) => {
    const ready = status.conditions?.find(({ type }) => type === 'Ready')
    return [
      metadata.name,
      ready?.status ?? 'Unknown',
      spec.suspend && ready?.reason !== 'Suspended' ? `suspended, ${ready?.reason ?? ''}` : (ready?.reason ?? unknown),
      status.totals?.stages ?? unknown,
      status.totals?.replicas ?? unknown,
      countText(status.totals?.lag),
      rateText(status.totals?.ordersPerSecond),
      ageText(metadata.creationTimestamp, now),
    ]
  })
  const titles = ['NAME', 'READY', 'REASON', 'STAGES', 'REPLICAS', 'LAG', 'ORDERS/S', 'AGE']
  return tables(titles, rows, { sides: ['left', 'left', 'left'], width }).flatMap((table) => [
    paint(table.titles, 'dim'),
    ...table.lines,
  ])
}
