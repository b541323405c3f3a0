// What is slow? A sentence, the figures of the whole, the graph, and every stage with its own.
import { keyOf } from '../../model/state.ts'
import type { PartState, PipelineState } from '../../model/state.ts'
import { useState } from 'preact/hooks'
import type { ActionResult, Rights } from '../../model/actions.ts'
import { bottleneckOf } from '../../model/verdict.ts'
import { ActionResultText } from '../dialog.tsx'
import { Graph } from '../graph/graph.tsx'
import { scalingPath } from '../route.ts'
import { countText, dash, dateText, orDash, plural, rateText, waitText } from '../words.ts'
import { Events } from './events.tsx'
import { Objectives } from './objectives.tsx'
import { StageTable } from './stage-table.tsx'
import { Suspension } from './suspension.tsx'

interface PipelineViewProps {
  readonly pipeline: PipelineState
  readonly rights: Rights | undefined
}

export function PipelineView({ pipeline, rights }: PipelineViewProps) {
  const [done, setDone] = useState<ActionResult>()
  const { ready, suspended, behind, capacity, parts } = pipeline
  const sum = (of: (part: PartState) => number): number => parts.reduce((total, part) => total + of(part), 0)
  const [readyReplicas, desiredReplicas] = [sum((part) => part.ready), sum((part) => part.wanted)]
  return (
    <>
      <div class="headline">
        <h1>{pipeline.name}</h1>
        <span class={`state ${ready === 'True' ? 'good' : ready === 'False' ? 'bad' : 'unknown'}`}>
          {ready === 'True' ? 'Ready' : ready === 'False' ? 'Not ready' : 'Not known'}
        </span>
        {suspended && <span class="state busy">Suspended</span>}
        {behind && <span class="state unknown">Operator has not seen the latest spec</span>}
        {rights && (
          <div class="actions">
            <Suspension {...{ pipeline, rights, onDone: setDone }} />
          </div>
        )}
      </div>
      <ActionResultText done={done} />
      <Verdict pipeline={pipeline} />
      <dl class="tiles">
        <Tile title="Orders per second" value={orDash(rateText(pipeline.ordersPerSecond))} />
        <Tile title="Messages waiting" value={pipeline.lag === undefined ? dash : countText(pipeline.lag)} />
        <Tile title="Replicas ready" value={String(readyReplicas)} note={`of ${desiredReplicas} wanted`} />
        <Tile
          title="Can carry"
          value={capacity ? `${countText(capacity.ordersPerSecond)}/s` : dash}
          note={capacity ? `then ${capacity.part} gives out` : 'not measured yet'}
        />
      </dl>
      <section class="panel" aria-labelledby="graph-title">
        <div class="panel-head">
          <h2 id="graph-title">Flow</h2>
          <p class="hint">
            Line width: lag before a stage. Bar: replicas ready; mark: wanted. A stage leads to its scaling.
          </p>
        </div>
        <Graph pipeline={pipeline} />
      </section>
      <section class="panel" aria-labelledby="stages-title">
        <h2 id="stages-title">Stages</h2>
        <StageTable pipeline={pipeline} />
      </section>
      <Objectives pipeline={pipeline} />
      <Conditions pipeline={pipeline} />
      <Events events={pipeline.events} />
    </>
  )
}

interface TileProps {
  readonly title: string
  readonly value: string
  readonly note?: string
}

function Tile({ title, value, note }: TileProps) {
  return (
    <div class="tile">
      <dt>{title}</dt>
      <dd>
        {value}
        {note !== undefined && <small>{note}</small>}
      </dd>
    </div>
  )
}

function Verdict({ pipeline }: { readonly pipeline: PipelineState }) {
  const bottleneck = bottleneckOf(pipeline)
  const part = pipeline.parts.find(({ name }) => name === bottleneck?.part)
  if (pipeline.suspended) return <p class="verdict">Suspended: no stage takes messages.</p>
  if (!bottleneck || !part)
    return <p class="verdict">{pipeline.lag === undefined ? 'No figures yet.' : 'Nothing waits for long.'}</p>
  const link = <a href={scalingPath(keyOf(pipeline), part.name)}>{part.name}</a>
  if (bottleneck.by === 'capacity')
    return (
      <p class="verdict good">
        <strong>Nothing waits for long.</strong> With more orders {link} would be the first to fall behind.
      </p>
    )
  const wait = part.standing ? 'and nothing moves' : `about ${waitText(part)} each`
  const trends = {
    growing: 'The backlog is growing.',
    shrinking: 'The backlog is shrinking.',
    steady: 'The backlog stays as it is.',
  }
  return (
    <p class={`verdict ${part.trend === 'shrinking' ? 'busy' : 'bad'}`}>
      <strong>{link} is the bottleneck:</strong> {plural(part.lag ?? 0, 'message')} wait there, {wait}.{' '}
      {part.trend ? trends[part.trend] : ''}
    </p>
  )
}

function Conditions({ pipeline: { conditions } }: { readonly pipeline: PipelineState }) {
  return (
    <section class="panel" aria-labelledby="conditions-title">
      <h2 id="conditions-title">Conditions</h2>
      {conditions.length === 0 && <p class="hint">The operator has not looked at this pipeline yet.</p>}
      <ul class="conditions">
        {conditions.map(({ type, status, reason, message, since }) => (
          <li key={type}>
            <span class={`state ${status === 'True' ? 'good' : status === 'False' ? 'bad' : 'unknown'}`}>{status}</span>
            <div>
              <strong>{type}</strong> <span class="reason">{reason}</span>
              {message !== '' && <p>{message}</p>}
            </div>
            <time dateTime={since}>{dateText(since)}</time>
          </li>
        ))}
      </ul>
    </section>
  )
}
