// How does every stage do? The same figures as the graph, as a table that also reads well on a
// telephone and aloud.
import { keyOf } from '../../model/state.ts'
import type { PartState, PipelineState, ReasonState } from '../../model/state.ts'
import { bottleneckOf, hasBacklog, toneOf, toneWords } from '../../model/verdict.ts'
import { trackOf } from '../graph/track.ts'
import { scalingPath } from '../route.ts'
import { countText, dash, drainText, orDash, rateText, trendArrows, waitText } from '../words.ts'

const heads = ['Stage', 'Lag', 'Wait', 'Drained in', 'Arriving', 'Consumed', 'Replicas', 'Why'] as const

const numbers: readonly string[] = ['Lag', 'Wait', 'Drained in', 'Arriving', 'Consumed']

/**
 * Roles are said outright: as blocks on a narrow screen, a table would be none to a screen reader.
 */
export function StageTable({ pipeline }: { readonly pipeline: PipelineState }) {
  const bottleneck = bottleneckOf(pipeline)
  return (
    <table class="stages" role="table">
      <thead role="rowgroup">
        <tr role="row">
          {heads.map((head) => (
            <th
              key={head}
              role="columnheader"
              scope="col"
              class={numbers.includes(head) ? 'number' : head.toLowerCase()}
            >
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {pipeline.parts.map((part) => (
          <Row
            key={part.name}
            part={part}
            pipeline={keyOf(pipeline)}
            marked={bottleneck?.part === part.name ? bottleneck.by : undefined}
          />
        ))}
      </tbody>
    </table>
  )
}

interface RowProps {
  readonly part: PartState
  readonly pipeline: string
  readonly marked: 'backlog' | 'capacity' | undefined
}

function Row({ part, pipeline, marked }: RowProps) {
  const tone = toneOf(part)
  const isStage = part.kind === 'stage'
  const rate = (value: number | undefined): string => (value === undefined ? dash : `${orDash(rateText(value))}/s`)
  const why = decisive(part)
  return (
    <tr role="row">
      <th scope="row" role="rowheader">
        <span class={`tone ${tone}`}>
          <span class="unseen">{toneWords[tone]}</span>
        </span>
        <a href={scalingPath(pipeline, part.name)}>{part.name}</a>
        {marked === 'backlog' && <span class="state bad small">bottleneck</span>}
      </th>
      <td role="cell" class="number" data-head="Lag">
        {!isStage ? '' : part.lag === undefined ? dash : countText(part.lag)}
      </td>
      <td role="cell" class="number" data-head="Wait">
        {isStage && (
          <span>
            {waitText(part)}
            {part.trend && hasBacklog(part) ? (
              <span class={`trend ${part.trend}`}>
                <span aria-hidden="true"> {trendArrows[part.trend]}</span>
                <span class="unseen"> {part.trend}</span>
              </span>
            ) : null}
          </span>
        )}
      </td>
      <td role="cell" class="number" data-head="Drained in">
        {isStage && drainText(part)}
      </td>
      <td role="cell" class="number" data-head="Arriving">
        {isStage && rate(part.arrivedPerSecond)}
      </td>
      <td role="cell" class="number" data-head="Consumed">
        {isStage && rate(part.consumedPerSecond)}
      </td>
      <td role="cell" data-head="Replicas">
        <Replicas part={part} />
      </td>
      <td role="cell" class="why" data-head="Why">
        <span>{why?.text ?? dash}</span>
      </td>
    </tr>
  )
}

/** What is wrong, else the bound that holds it, else what the load demands. */
function decisive({ reasons }: PartState): ReasonState | undefined {
  return reasons.find(({ trouble }) => trouble) ?? reasons.find(({ code }) => code === 'AtMinimum') ?? reasons[0]
}

function Replicas({ part }: { readonly part: PartState }) {
  const { ready, wanted, min } = trackOf(part)
  const percent = (share: number): string => `${Math.round(share * 1_000) / 10}%`
  return (
    <span class="replica-cell">
      <span class="counts">{`${part.ready}/${part.wanted}`}</span>
      <span class="rail" aria-hidden="true">
        <span class="ready" style={{ width: percent(ready) }} />
        <span class="min" style={{ left: percent(min) }} />
        <span class="wanted" style={{ left: percent(wanted) }} />
      </span>
      <span class="bounds">{`${part.min}–${part.max}`}</span>
    </span>
  )
}
