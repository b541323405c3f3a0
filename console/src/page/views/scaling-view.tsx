// Why so many pods? The desired replicas with their reasons, their history, and each change with
// the reasons at the time.
import { keyOf } from '../../model/state.ts'
import type { PartHistory, PartState, PipelineState, ReasonState, Sample, Scaling } from '../../model/state.ts'
import { bottleneckOf, toneOf, toneWords } from '../../model/verdict.ts'
import { standstillsOf } from '../chart/marks.ts'
import { ScalingChart } from '../chart/scaling-chart.tsx'
import { useHistory } from '../live.ts'
import { pathOf, ranges } from '../route.ts'
import type { Route } from '../route.ts'
import { clockText, durationText, plural } from '../words.ts'

interface ScalingViewProps {
  readonly pipeline: PipelineState
  readonly route: Extract<Route, { readonly view: 'scaling' }>
  readonly now: number
  readonly connected: boolean
}

export function ScalingView({ pipeline, route, now, connected }: ScalingViewProps) {
  const history = useHistory(keyOf(pipeline), connected)
  const partName = route.part ?? bottleneckOf(pipeline)?.part ?? pipeline.parts[0]?.name
  const part = pipeline.parts.find(({ name }) => name === partName)
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
          <section class="panel" aria-labelledby="timeline-title">
            <div class="panel-head">
              <h2 id="timeline-title">Timeline</h2>
              <nav class="ranges" aria-label="Time shown">
                {ranges.map((minutes) => (
                  <a
                    key={minutes}
                    href={pathOf({ ...route, part: part.name, minutes })}
                    aria-current={minutes === route.minutes ? 'true' : undefined}
                  >
                    {minutes < 120 ? `${minutes} min` : '2 h'}
                  </a>
                ))}
              </nav>
            </div>
            {history ? (
              <ScalingChart part={part} history={history[part.name] ?? none} minutes={route.minutes} now={now} />
            ) : (
              <p class="empty">Reading the history …</p>
            )}
          </section>
          <Changes history={history?.[part.name] ?? none} />
        </>
      )}
    </>
  )
}

const none: PartHistory = { samples: [], scalings: [] }

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

/** The first reason at the time that caused the change; the outlook was not a cause. */
function Because({ reasons }: { readonly reasons: readonly ReasonState[] }) {
  const [first, ...others] = reasons.filter(({ code }) => code !== 'Bottleneck')
  return (
    <div class="because">
      {first ? (
        <p>
          <span class="code">{first.code}</span> {first.text}
        </p>
      ) : (
        <p>No reason was known.</p>
      )}
      {others.length > 0 && <p class="hint">{others.map(({ text }) => text).join(' · ')}</p>}
    </div>
  )
}

function Changes({ history: { scalings, samples } }: { readonly history: PartHistory }) {
  const since = samples[0]?.at
  return (
    <section class="panel" aria-labelledby="changes-title">
      <h2 id="changes-title">Changes</h2>
      {scalings.length === 0 && (
        <p class="hint">
          {since === undefined
            ? 'Nothing was seen yet.'
            : `The number wanted has not changed since ${clockText(since)}, when this console began to look.`}
        </p>
      )}
      <ol class="changes" reversed>
        {entriesOf(scalings, samples).map((entry) => (
          <li key={`${entry.at} ${'to' in entry}`}>
            <time dateTime={new Date(entry.at).toISOString()}>{clockText(entry.at)}</time>
            {'reasons' in entry ? <Change scaling={entry} /> : <Standstill {...entry} />}
          </li>
        ))}
      </ol>
    </section>
  )
}

interface StandstillEntry {
  readonly at: number
  readonly until: number
  readonly lasts: boolean
}

/** Changes and standstills, the newest first. */
function entriesOf(scalings: readonly Scaling[], samples: readonly Sample[]): readonly (Scaling | StandstillEntry)[] {
  const last = samples.at(-1)
  const standstills = standstillsOf(samples).map(({ from, to }) => ({
    ...{ at: from, until: to, lasts: last?.standing === true && to === last.at },
  }))
  return [...scalings, ...standstills].toSorted((a, b) => b.at - a.at)
}

function Change({ scaling: { from, to, reasons } }: { readonly scaling: Scaling }) {
  return (
    <>
      <span class={`step ${to > from ? 'up' : 'down'}`}>
        {from} → {to}
      </span>
      <Because reasons={reasons} />
    </>
  )
}

function Standstill({ at, until, lasts }: StandstillEntry) {
  return (
    <>
      <span class="step still">still</span>
      <div class="because">
        <p>
          {lasts ? 'Stands still: ' : `Stood still for ${durationText((until - at) / 1_000)}: `}
          there was lag, and nothing was consumed.
        </p>
      </div>
    </>
  )
}
