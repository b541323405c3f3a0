// How did the number of replicas change? Each change with its reason at the time, and the times in
// which nothing was consumed.
import type { PartHistory, ReasonState, Sample, Scaling } from '../../model/state.ts'
import { rebalancesOf, standstillsOf } from '../chart/marks.ts'
import type { Rebalance } from '../chart/marks.ts'
import { clockText, durationText } from '../words.ts'

interface ChangesProps {
  readonly history: PartHistory
  readonly gapMs: number
}

export function Changes({ history: { scalings, samples }, gapMs }: ChangesProps) {
  const since = samples[0]?.at
  return (
    <section class="panel" aria-labelledby="changes-title">
      <h2 id="changes-title">Changes</h2>
      {scalings.length === 0 && (
        <p class="hint">
          {since === undefined
            ? 'Nothing was seen yet.'
            : `The number wanted has not changed since ${clockText(since)}, when the history begins.`}
        </p>
      )}
      <ol class="changes" reversed>
        {entriesOf(scalings, samples, gapMs).map((entry) => (
          <li key={`${entry.at} ${Object.keys(entry).join()}`}>
            <time dateTime={new Date(entry.at).toISOString()}>{clockText(entry.at)}</time>
            {'reasons' in entry ? (
              <Change scaling={entry} />
            ) : 'seconds' in entry ? (
              <RebalanceEntry {...entry} />
            ) : (
              <Standstill {...entry} />
            )}
          </li>
        ))}
      </ol>
    </section>
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

interface StandstillEntry {
  readonly at: number
  readonly until: number
  readonly lasts: boolean
}

/** Changes, standstills and long rebalances, the newest first. */
function entriesOf(
  scalings: readonly Scaling[],
  samples: readonly Sample[],
  gapMs: number,
): readonly (Scaling | StandstillEntry | Rebalance)[] {
  const last = samples.at(-1)
  const standstills = standstillsOf(samples, gapMs).map(({ from, to }) => ({
    ...{ at: from, until: to, lasts: last?.standing === true && to === last.at },
  }))
  return [...scalings, ...standstills, ...rebalancesOf(samples, gapMs)].toSorted((a, b) => b.at - a.at)
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

function RebalanceEntry({ seconds }: Rebalance) {
  return (
    <>
      <span class="step still">still</span>
      <div class="because">
        <p>{`The group rebalanced: partitions of a replica were not fetched for up to ${durationText(seconds)}.`}</p>
      </div>
    </>
  )
}
