// How is the capacity of a pipeline shown? A line and a bar for each stage, then what it comes to
// in a sentence.
import type { Capacity, StageNeed } from '@orderpipeline/operator/pipeline'
import { tables } from '../columns.ts'
import { wrapped } from '../wrapped.ts'

export interface Report {
  readonly name: string
  readonly capacity: Capacity
  readonly needs: readonly StageNeed[]
  /** Orders a second that the pipeline is to carry. */
  readonly rate: number
}

const header = ['STAGE', 'ORDERS/S A REPLICA', 'NEEDED/MAX', 'PARTITIONS', 'CARRIES'] as const
const barWidth = 20
/** Width of a load without its bar, such as `  100 %` and the space after a bar. */
const loadWidth = 8
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 })
const perMinute = (perSecond: number | undefined): string =>
  perSecond === undefined ? '-' : `${whole.format(perSecond * 60)}/min`

export function report({ name, capacity, needs, rate }: Report, colour: boolean, width?: number): string[] {
  const rows = needs.map((need) => [
    need.name,
    need.ordersPerSecondPerReplica === undefined ? '-' : short.format(need.ordersPerSecondPerReplica),
    `${need.neededReplicas ?? '-'}/${need.maxReplicas}`,
    need.neededPartitions === undefined ? `${need.partitions}` : `${need.neededPartitions} of ${need.partitions}`,
    perMinute(need.sustainable),
  ])
  const parts = tables(header, rows, { width: width && width - loadWidth })
  const last = parts.at(-1)
  const room = (width ?? Infinity) - Math.max(0, ...(last?.lines ?? []).map(({ length }) => length)) - loadWidth
  return [
    `${name} at ${perMinute(rate)}`,
    ...parts.slice(0, -1).flatMap(({ titles, lines }) => [titles, ...lines]),
    `${last?.titles ?? ''}  LOAD`,
    ...(last?.lines ?? []).map(
      (line, index) => `${line}  ${bar(needs[index]?.load, colour, Math.min(barWidth, room))}`,
    ),
    '',
    ...verdict(capacity, needs, rate).flatMap((line) => wrapped(line, width, 0)),
  ]
}

/** Whether every stage with a known capacity carries the rate. */
export const carries = ({ sustainable }: Capacity, rate: number): boolean =>
  sustainable === undefined || rate <= sustainable

function verdict(capacity: Capacity, needs: readonly StageNeed[], rate: number): string[] {
  const unknown = needs.filter(({ sustainable }) => sustainable === undefined).map(({ name }) => name)
  const unmeasured = unknown.length === 0 ? [] : [`Not reckoned, for want of workSeconds: ${unknown.join(', ')}.`]
  const { bottleneck, sustainable } = capacity
  if (bottleneck === undefined) return unmeasured
  const most = `It carries up to ${perMinute(sustainable)}; ${bottleneck} gives out first.`
  if (carries(capacity, rate)) return [most, ...unmeasured]
  const short = needs.filter(({ load }) => (load ?? 0) > 1)
  return [most, ...short.flatMap(advice), ...unmeasured]
}

function advice({
  name,
  neededReplicas,
  neededPartitions,
  maxReplicas,
  reachableReplicas,
  partitions,
}: StageNeed): string[] {
  if (neededReplicas === undefined || neededPartitions === undefined) return []
  const more = neededReplicas > maxReplicas ? [`maxReplicas ${neededReplicas} instead of ${maxReplicas}`] : []
  const wider =
    neededPartitions > partitions
      ? [`${neededPartitions} partitions in the topics it consumes instead of ${partitions}`]
      : []
  const reach = reachableReplicas < maxReplicas ? ` (${partitions} partitions let it reach ${reachableReplicas})` : ''
  return [`${name} needs ${[...more, ...wider].join(' and ')}${reach}, or less work a message.`]
}

function bar(load: number | undefined, colour: boolean, width: number): string {
  if (load === undefined) return '-'
  const percent = `${whole.format(load * 100)} %`
  const filled = Math.min(width, Math.round(load * width))
  const text = width > 0 ? `${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${percent}` : percent
  if (!colour) return text
  return `\x1b[${load > 1 ? 31 : load > 0.8 ? 33 : 32}m${text}\x1b[0m`
}
