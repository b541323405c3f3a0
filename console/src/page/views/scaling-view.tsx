// Why so many pods? The desired replicas with their reasons, their history, and each change with
// the reasons at the time.
import { longRangeOf, longRanges } from '../../model/long-range.ts'
import { keyOf } from '../../model/state.ts'
import type { PartHistory, PartState, PipelineState, ReasonState } from '../../model/state.ts'
import { bottleneckOf, toneOf, toneWords } from '../../model/verdict.ts'
import { ownGapMs } from '../chart/scales.ts'
import { ScalingChart } from '../chart/scaling-chart.tsx'
import { joined } from '../history-view.ts'
import { useHistory } from '../live.ts'
import { useLongHistory } from '../long-history.ts'
import { pathOf, ranges } from '../route.ts'
import type { Route } from '../route.ts'
import { plural, rangeText } from '../words.ts'
import { Changes } from './scaling-changes.tsx'

interface ScalingViewProps {
  readonly pipeline: PipelineState
  readonly route: Extract<Route, { readonly view: 'scaling' }>
  readonly now: number
  readonly connected: boolean
  /** The console reads a Prometheus, which has longer times. */
  readonly hasPrometheus: boolean
}

export function ScalingView({ pipeline, route, now, connected, hasPrometheus }: ScalingViewProps) {
  const history = useHistory(keyOf(pipeline), connected)
  const partName = route.part ?? bottleneckOf(pipeline)?.part ?? pipeline.parts[0]?.name
  const part = pipeline.parts.find(({ name }) => name === partName)
  const own = history && part && (history[part.name] ?? none)
  return (
    <>
      <h1>
        Scaling of <span class="accent">{part?.name ?? pipeline.name}</span>
      </h1>
      <nav class="parts" aria-label="Stages">
        {pipeline.parts.map((one) => (
          <a
            key={one.name}
            href={pathOf({ ...route, part: one.name })}
            aria-current={one.name === part?.name ? 'page' : undefined}
          >
            <span class={`tone ${toneOf(one)}`}>
              <span class="unseen">{toneWords[toneOf(one)]}</span>
            </span>
            {one.name} <b>{`${one.ready}/${one.wanted}`}</b>
          </a>
        ))}
      </nav>
      {!part && <p class="empty">{`${pipeline.name} has no stage ${partName ?? ''}.`}</p>}
      {part && (
        <>
          <Now part={part} />
          <Timeline {...{ pipeline, part, route, now, own, hasPrometheus }} />
        </>
      )}
    </>
  )
}

const none: PartHistory = { samples: [], scalings: [] }

interface TimelineProps extends Pick<ScalingViewProps, 'pipeline' | 'route' | 'now' | 'hasPrometheus'> {
  readonly part: PartState
  /** The console's own; undefined until it has been read. */
  readonly own: PartHistory | undefined
}

function Timeline({ pipeline, part, route, now, own, hasPrometheus }: TimelineProps) {
  const range = longRangeOf(route.minutes)
  const long = useLongHistory(keyOf(pipeline), part.name, hasPrometheus ? range : undefined)
  const isRead = own !== undefined && (range === undefined || !hasPrometheus || long !== undefined)
  const history = own && long?.history ? joined(long.history, own) : (own ?? none)
  const gapMs = range && long?.history ? 1.5 * range.stepMs : ownGapMs
  const trouble = range && (hasPrometheus ? long?.trouble : withoutPrometheus)
  const offered = [...ranges, ...(hasPrometheus ? longRanges.map(({ minutes }) => minutes) : [])]
  return (
    <>
      <section class="panel" aria-labelledby="timeline-title">
        <div class="panel-head">
          <h2 id="timeline-title">Timeline</h2>
          <nav class="ranges" aria-label="Time shown">
            {offered.map((minutes) => (
              <a
                key={minutes}
                href={pathOf({ ...route, part: part.name, minutes })}
                aria-current={minutes === route.minutes ? 'true' : undefined}
              >
                {rangeText(minutes)}
              </a>
            ))}
          </nav>
        </div>
        {trouble && (
          <p class="without-prometheus" role="status">
            {trouble}{' '}
            {long?.history ? 'Older figures are as they were read last.' : 'This is what the console has seen.'}
          </p>
        )}
        {isRead ? (
          <ScalingChart {...{ part, history, now, gapMs }} minutes={route.minutes} />
        ) : (
          <p class="empty">Reading the history …</p>
        )}
      </section>
      <Changes {...{ history, gapMs }} />
    </>
  )
}

const withoutPrometheus = 'This console reads no Prometheus, which keeps a longer history.'

function Now({ part }: { readonly part: PartState }) {
  return (
    <section class="panel now" aria-labelledby="now-title">
      <h2 id="now-title">
        Why {plural(part.wanted, 'replica')}
        {part.ready === part.wanted ? '' : `, ${part.ready} ready`}
      </h2>
      <Reasons reasons={part.reasons} />
      <p class="hint">{`Allowed: ${part.min} to ${part.max}. Scaled on ${scaledOn[part.policy]}.`}</p>
    </section>
  )
}

const scaledOn = {
  Lag: 'consumer lag',
  Flow: 'what flows: arrivals and backlog over what a replica does',
  Load: 'CPU and memory',
} as const

function Reasons({ reasons }: { readonly reasons: readonly ReasonState[] }) {
  if (reasons.length === 0) return <p class="reasons">No reason is known.</p>
  return (
    <ul class="reasons">
      {reasons.map(({ code, text, trouble }) => (
        <li key={code + text} class={trouble ? 'trouble' : ''}>
          <span class="code">{code}</span> {text}
        </li>
      ))}
    </ul>
  )
}
