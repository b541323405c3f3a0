// How does a pipeline look? Parts as links to why they have their replicas, topics between them,
// and backlog as the width of a line.
import { useMemo } from 'preact/hooks'
import type { PartState, PipelineState } from '../../model/state.ts'
import { keyOf } from '../../model/state.ts'
import { bottleneckOf, hasBacklog, isBehind, toneOf, toneWords } from '../../model/verdict.ts'
import { scalingPath } from '../route.ts'
import { countText, dash, orDash, partSentence, rateText, trendArrows, waitText } from '../words.ts'
import { layout } from './layout.ts'
import type { GraphEdge, GraphNode } from './layout.ts'
import { ReplicaTrack } from './replica-track.tsx'
import { edgeWeight, lagWidth } from './weight.ts'

export function Graph({ pipeline }: { readonly pipeline: PipelineState }) {
  const shape = JSON.stringify(pipeline.parts.map(({ name, consumes, emits }) => ({ name, consumes, emits })))
  const graph = useMemo(() => layout(JSON.parse(shape) as Parameters<typeof layout>[0]), [shape])
  const parts = new Map(pipeline.parts.map((part) => [part.name, part]))
  const bottleneck = bottleneckOf(pipeline)
  return (
    <div class="graph" role="region" aria-label="Pipeline graph" tabIndex={0}>
      <svg
        viewBox={`0 0 ${graph.width} ${graph.height}`}
        style={{ minWidth: `${Math.round(graph.width * 0.72)}px`, maxWidth: `${Math.round(graph.width * 1.5)}px` }}
        role="group"
        aria-label={`${pipeline.name}: gateway, topics and stages`}
      >
        <g aria-hidden="true">
          {graph.edges.map((edge) => (
            <Edge key={edge.key} edge={edge} part={parts.get(edge.part)} />
          ))}
          {graph.nodes
            .filter(({ kind }) => kind === 'topic')
            .map((node) => (
              <Topic key={node.name} node={node} />
            ))}
        </g>
        {graph.nodes.map((node) => {
          const part = node.kind === 'part' ? parts.get(node.name) : undefined
          if (!part) return null
          const by = bottleneck?.part === part.name ? bottleneck.by : undefined
          return <PartCard key={node.name} node={node} part={part} pipeline={keyOf(pipeline)} bottleneck={by} />
        })}
      </svg>
    </div>
  )
}

function Edge({ edge, part }: { readonly edge: GraphEdge; readonly part: PartState | undefined }) {
  const consumed = edge.direction === 'consumes' ? part : undefined
  const rate = consumed?.consumedPerSecond
  const { hasLag, width } = consumed ? edgeWeight(consumed, edge) : noWeight
  const heavy = !consumed || !hasLag ? '' : isBehind(consumed) ? 'heavy' : hasBacklog(consumed) ? 'some' : ''
  return (
    <g class={`edge ${edge.isBack ? 'back' : ''} ${heavy}`}>
      <path d={edge.path} style={{ strokeWidth: width }} />
      {rate !== undefined && rate > 0 && !edge.isBack && heavy !== 'heavy' && <path class="flow" d={edge.path} />}
    </g>
  )
}

const noWeight = { hasLag: false, width: lagWidth(0) }

function Topic({ node: { name, x, y, width, height } }: { readonly node: GraphNode }) {
  return (
    <g class="topic">
      <rect x={x} y={y} width={width} height={height} rx={height / 2} />
      <text x={x + width / 2} y={y + height / 2 + 4} text-anchor="middle">
        {name}
      </text>
    </g>
  )
}

interface PartCardProps {
  readonly node: GraphNode
  readonly part: PartState
  readonly pipeline: string
  readonly bottleneck: 'backlog' | 'capacity' | undefined
}

function PartCard({ node: { x, y, width, height }, part, pipeline, bottleneck }: PartCardProps) {
  const tone = toneOf(part)
  const right = x + width - 12
  return (
    <a
      href={scalingPath(pipeline, part.name)}
      class={`part ${tone} ${bottleneck === undefined ? '' : `bottleneck by-${bottleneck}`}`}
    >
      <desc>{`${partSentence(part, bottleneck !== undefined)}; ${toneWords[tone]}`}</desc>
      <rect class="card" x={x} y={y} width={width} height={height} rx={10} />
      <circle class="dot" cx={x + 16} cy={y + 19} r={4.5} />
      <text class="name" x={x + 27} y={y + 23.5}>
        {shortened(part.name, 19)}
      </text>
      {bottleneck !== undefined && (
        <g class="badge">
          <rect x={right - 78} y={y - 10} width={78} height={19} rx={9.5} />
          <text x={right - 39} y={y + 3.5} text-anchor="middle">
            {bottleneck === 'backlog' ? 'bottleneck' : 'first to give'}
          </text>
        </g>
      )}
      <PartFigures part={part} x={x + 12} right={right} y={y + 48} />
      <ReplicaTrack part={part} x={x + 12} y={y + 64} width={width - 24} />
      <text class="small" x={x + 12} y={y + height - 10}>
        {`${part.ready}/${part.wanted} ready`}
      </text>
      <text class="small" x={right} y={y + height - 10} text-anchor="end">
        {`${part.min}–${part.max}`}
      </text>
    </a>
  )
}

interface PartFiguresProps {
  readonly part: PartState
  readonly x: number
  readonly right: number
  readonly y: number
}

function PartFigures({ part, x, right, y }: PartFiguresProps) {
  if (part.kind === 'gateway')
    return (
      <text class="small" x={x} y={y}>
        takes orders
      </text>
    )
  const waits = part.lag
    ? `${waitText(part)}${part.trend && hasBacklog(part) ? ` ${trendArrows[part.trend]}` : ''}`
    : ''
  const rate = orDash(rateText(part.consumedPerSecond))
  return (
    <>
      <text class="figure" x={x} y={y + 1}>
        {part.lag === undefined ? dash : countText(part.lag)}
        <tspan class="unit" dx={4}>
          {part.lag ? `lag · ${waits}` : 'lag'}
        </tspan>
      </text>
      {!part.lag && (
        <text class="unit" x={right} y={y + 1} text-anchor="end">
          {rate}/s
        </text>
      )}
    </>
  )
}

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}
