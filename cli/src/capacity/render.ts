// How is the capacity of a pipeline shown? A line and a bar for each stage, what the rest of the
// platform needs (render-platform.ts), then what it comes to in a sentence.
import type { CapacityPlan, PlanLoad, StageNeed } from '@orderpipeline/operator/pipeline'
import { tables } from '../columns.ts'
import { wrapped } from '../wrapped.ts'
import { partAdvice, partTexts, platformLines, topicAdvice } from './render-platform.ts'
import { perMinute, short, whole } from './units.ts'

export interface Report {
  readonly name: string
  readonly plan: CapacityPlan
  readonly load: PlanLoad
}

const header = ['STAGE', 'ORDERS/S A REPLICA', 'NEEDED/MAX', 'PARTITIONS', 'CARRIES'] as const
const barWidth = 20
/** Width of a load without its bar, such as `  100 %` and the space after a bar. */
const loadWidth = 8

export function report({ name, plan, load }: Report, colour: boolean, width?: number): string[] {
  const needs = plan.stages
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
    ...wrapped(`${name} at ${rateText(load)}`, width, 2),
    ...parts.slice(0, -1).flatMap(({ titles, lines }) => [titles, ...lines]),
    `${last?.titles ?? ''}  LOAD`,
    ...(last?.lines ?? []).map(
      (line, index) => `${line}  ${bar(needs[index]?.load, colour, Math.min(barWidth, room))}`,
    ),
    '',
    ...platformLines(plan, width),
    ...verdict(plan, load.peak).flatMap((line) => wrapped(line, width, 0)),
  ]
}

function rateText({ peak, average }: PlanLoad): string {
  return peak === average
    ? perMinute(peak)
    : `${perMinute(peak)}, ${short.format(peak / average)} times the average of ${perMinute(average)}`
}

function verdict(plan: CapacityPlan, peak: number): string[] {
  const { stages, parts, bottleneck, sustainable, fits } = plan
  const unknown = stages.filter((stage) => stage.sustainable === undefined).map(({ name }) => name)
  const unmeasured = unknown.length === 0 ? [] : [`Not reckoned, for want of workSeconds: ${unknown.join(', ')}.`]
  const part = parts.find((each) => each.part === bottleneck)
  const first = part ? partTexts[part.part].name : bottleneck
  const most = first === undefined ? [] : [`It carries up to ${perMinute(sustainable)}; ${first} gives out first.`]
  if (fits) return [...most, ...unmeasured]
  return [
    ...most,
    ...stages.filter(({ load }) => (load ?? 0) > 1).flatMap(advice),
    ...parts.filter(({ load }) => (load ?? 0) > 1).map((each) => partAdvice(each, peak)),
    ...topicAdvice(plan.topics),
    ...unmeasured,
  ]
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
