// How is a replay shown? The recorded figures above those of the dry runs, and a sentence that says
// what the first of these would have saved.
import { tables } from '../../columns.ts'
import { wrapped } from '../../wrapped.ts'
import { time } from '../terminal/report.ts'
import type { Recording } from './recording.ts'
import type { Replay } from './savings.ts'

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const fine = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1, minimumFractionDigits: 1 })

export function replayLines({ recorded, runs }: Replay, recording: Recording, width: number | undefined): string[] {
  const rows = [
    [
      recorded.name,
      whole.format(recorded.peakLag),
      whole.format(recorded.lagSeconds),
      fine.format(recorded.replicaHours),
      '-',
      '-',
    ],
    ...runs.map(({ name, peakLag, lagSeconds, replicaHours, savedLagSeconds, savedReplicaHours }) => [
      ...[name, whole.format(peakLag), whole.format(lagSeconds), fine.format(replicaHours)],
      ...[share(savedLagSeconds, recorded.lagSeconds), share(savedReplicaHours, recorded.replicaHours)],
    ]),
  ]
  const titles = ['REPLICAS BY', 'PEAK LAG', 'LAG SECONDS', 'REPLICA-HOURS', 'LAG SAVED', 'HOURS SAVED']
  const gap =
    recording.gapSeconds > 0 ? [`Nothing was recorded for ${time(recording.gapSeconds)}: no order came then.`] : []
  return [
    ...tables(titles, rows, { width }).flatMap((table) => [table.titles, ...table.lines]),
    '',
    ...[...sentences({ recorded, runs }), ...gap].flatMap((line) => wrapped(line, width, 0)),
  ]
}

function sentences({ recorded, runs }: Replay): string[] {
  const [first] = runs
  if (!first) return []
  const hours = `${fine.format(Math.abs(first.savedReplicaHours))} replica-hours of ${fine.format(recorded.replicaHours)}`
  const lag = `${whole.format(Math.abs(first.savedLagSeconds))} lag seconds of ${whole.format(recorded.lagSeconds)}`
  const [hoursVerb, lagVerb] = [first.savedReplicaHours, first.savedLagSeconds].map((saved) =>
    saved < 0 ? 'cost another' : 'saved',
  )
  return [`Scaled by ${first.name}, this time would have ${hoursVerb ?? ''} ${hours}, and ${lagVerb ?? ''} ${lag}.`]
}

/** Negative where it would have been more. */
function share(saved: number, of: number): string {
  return of === 0 ? '-' : `${whole.format((saved / of) * 100)} %`
}
