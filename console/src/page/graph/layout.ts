// Where does everything of the graph stand? Gateway, topics and stages from left to right in the
// order of the work; what goes back runs below. Pure: the same parts give the same picture,
// whatever their figures are.
import type { PartState } from '../../model/state.ts'
import { tops } from './columns.ts'
import type { ColumnNode } from './columns.ts'
import { ranksOf } from './ranks.ts'
import type { Link } from './ranks.ts'

export interface GraphNode {
  /** A part's or topic's name. */
  readonly name: string
  readonly kind: 'part' | 'topic'
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface GraphEdge {
  readonly key: string
  /** The part at one of its ends; the topic at the other. */
  readonly part: string
  readonly topic: string
  readonly direction: 'emits' | 'consumes'
  readonly isBack: boolean
  /** From the column just before: where the work of a stage comes from. */
  readonly isMain: boolean
  /** An SVG path. */
  readonly path: string
}

export interface Graph {
  readonly width: number
  readonly height: number
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
}

export type GraphStage = Pick<PartState, 'name' | 'consumes' | 'emits'>

const partSize = { width: 184, height: 96 }
const topicHeight = 26
const between = 34
const margin = 14
const laneGap = 16

function topicWidth(name: string): number {
  return Math.max(64, Math.round(name.length * 6.7) + 22)
}
function partId(name: string): string {
  return `part ${name}`
}
function topicId(name: string): string {
  return `topic ${name}`
}

function linksOf(parts: readonly GraphStage[]) {
  return parts.flatMap(({ name, emits, consumes }) => [
    ...emits.map((topic) => ({
      from: partId(name),
      to: topicId(topic),
      part: name,
      topic,
      direction: 'emits' as const,
    })),
    ...consumes.map((topic) => ({
      ...{ from: topicId(topic), to: partId(name), part: name, topic, direction: 'consumes' as const },
    })),
  ])
}

export function layout(parts: readonly GraphStage[]): Graph {
  const topics = [...new Set(parts.flatMap(({ emits, consumes }) => [...emits, ...consumes]))]
  const links = linksOf(parts)
  const ids = [...parts.map(({ name }) => partId(name)), ...topics.map(topicId)]
  const { rank, isBack } = ranksOf(ids, links)
  const forward = links.filter((link) => !isBack(link))
  const { chains, waypoints } = throughColumns(forward, rank)
  const placements: ColumnNode[] = [
    ...ids.map((id) => ({
      id,
      column: rank.get(id) ?? 0,
      height: id.startsWith('part ') ? partSize.height : topicHeight,
    })),
    ...waypoints,
  ]
  const top = tops(placements, neighboursIn(chains))
  const columns = columnsOf(placements, topics)
  const nodes = new Map<string, GraphNode>()
  const node = (id: string, kind: GraphNode['kind'], name: string): void => {
    const column = columns[rank.get(id) ?? 0] ?? { x: margin, width: 0 }
    const { width, height } = kind === 'part' ? partSize : { width: topicWidth(name), height: topicHeight }
    const x = kind === 'part' ? column.x : column.x + (column.width - width) / 2
    nodes.set(id, { name, kind, x: Math.round(x), y: margin + (top.get(id) ?? 0), width, height })
  }
  for (const { name } of parts) node(partId(name), 'part', name)
  for (const name of topics) node(topicId(name), 'topic', name)
  const floor = Math.max(0, ...placements.map(({ id, height }) => margin + (top.get(id) ?? 0) + height))
  const lanes = [...new Set(links.filter(isBack).map(({ to }) => to))]
  const edges = links.map((link): GraphEdge => {
    const [from, to] = [nodes.get(link.from)!, nodes.get(link.to)!]
    const backwards = isBack(link)
    const lane = floor + laneGap * (lanes.indexOf(link.to) + 1)
    const points = (chains.get(link) ?? []).slice(1, -1).flatMap((id) => {
      const column = columns[placements.find((one) => one.id === id)?.column ?? 0]
      const y = margin + (top.get(id) ?? 0)
      return column
        ? [
            { x: column.x, y },
            { x: column.x + column.width, y },
          ]
        : []
    })
    const path = backwards ? backPath(from, to, lane) : forwardPath(from, to, points)
    const { part, topic, direction } = link
    const isMain = !backwards && (chains.get(link)?.length ?? 0) <= 2
    return { key: `${link.from} ${link.to}`, part, topic, direction, isBack: backwards, isMain, path }
  })
  const last = columns.at(-1)
  return {
    width: (last ? last.x + last.width : 0) + margin + (lanes.length > 0 ? between / 2 : 0),
    height: floor + laneGap * lanes.length + margin,
    nodes: [...nodes.values()],
    edges,
  }
}

/**
 * A line over several columns has a waypoint in each of them, so that nothing stands in its way.
 */
function throughColumns<L extends Link>(links: readonly L[], rank: ReadonlyMap<string, number>) {
  const chains = new Map<L, readonly string[]>()
  const waypoints: ColumnNode[] = []
  for (const link of links) {
    const [first, last] = [rank.get(link.from) ?? 0, rank.get(link.to) ?? 0]
    const between: string[] = []
    for (let column = first + 1; column < last; column += 1) {
      const id = `way ${link.from} ${link.to} ${column}`
      waypoints.push({ id, column, height: 6 })
      between.push(id)
    }
    chains.set(link, [link.from, ...between, link.to])
  }
  return { chains, waypoints }
}

function neighboursIn(chains: ReadonlyMap<unknown, readonly string[]>) {
  const before = new Map<string, string[]>()
  const after = new Map<string, string[]>()
  const note = (map: Map<string, string[]>, id: string, other: string): void => {
    map.set(id, [...(map.get(id) ?? []), other])
  }
  for (const chain of chains.values())
    for (const [index, id] of chain.entries()) {
      const other = chain[index + 1]
      if (other === undefined) continue
      note(after, id, other)
      note(before, other, id)
    }
  return (id: string) => ({ before: before.get(id) ?? [], after: after.get(id) ?? [] })
}

function columnsOf(placements: readonly ColumnNode[], topics: readonly string[]) {
  const widths: number[] = []
  const widthOf = new Map(topics.map((name) => [topicId(name), topicWidth(name)]))
  for (const { id, column } of placements) {
    const width = id.startsWith('part ') ? partSize.width : (widthOf.get(id) ?? 0)
    widths[column] = Math.max(widths[column] ?? 0, width)
  }
  let x = margin
  return Array.from(widths, (width = 0) => {
    const column = { x, width }
    x += width + between
    return column
  })
}

interface Point {
  readonly x: number
  readonly y: number
}

function outOf({ x, y, width, height }: GraphNode): Point {
  return { x: x + width, y: y + height / 2 }
}
function into({ x, y, height }: GraphNode): Point {
  return { x, y: y + height / 2 }
}

function forwardPath(from: GraphNode, to: GraphNode, points: readonly Point[]): string {
  const all = [outOf(from), ...points, into(to)]
  return all
    .map(({ x, y }, index) => {
      const before = all[index - 1]
      if (!before) return `M${x} ${y}`
      const half = (before.x + x) / 2
      return before.y === y ? `H${x}` : `C${half} ${before.y} ${half} ${y} ${x} ${y}`
    })
    .join('')
}

/** Right, down to its own horizontal line, back below everything, and up again before the node. */
function backPath(from: GraphNode, to: GraphNode, lane: number): string {
  const [start, end] = [outOf(from), into(to)]
  const [right, left, round] = [start.x + between / 2, end.x - between / 2, 8]
  return [
    `M${start.x} ${start.y}H${right - round}Q${right} ${start.y} ${right} ${start.y + round}`,
    `V${lane - round}Q${right} ${lane} ${right - round} ${lane}`,
    `H${left + round}Q${left} ${lane} ${left} ${lane - round}`,
    `V${end.y + round}Q${left} ${end.y} ${left + round} ${end.y}H${end.x}`,
  ].join('')
}
