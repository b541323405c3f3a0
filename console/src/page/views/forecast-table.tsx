// What does a dry run come to for each stage, and what would the change make of it?
import type { Forecast, StageForecast } from '../../model/what-if.ts'
import { countText, dash, durationText } from '../words.ts'

interface ForecastTableProps {
  readonly present: Forecast
  readonly changed: Forecast | undefined
  /** The stage that is looked at. */
  readonly stage: string
}

const columns: readonly { readonly head: string; readonly of: (stage: StageForecast) => string }[] = [
  { head: 'Peak lag', of: ({ peakLag }) => countText(peakLag) },
  { head: 'Longest wait', of: ({ longestWaitSeconds }) => durationText(longestWaitSeconds) },
  { head: 'Most replicas', of: ({ mostReplicas, maxReplicas }) => `${mostReplicas} of ${maxReplicas}` },
  {
    head: 'Needed for the rate',
    of: ({ neededReplicas }) => (neededReplicas === undefined ? dash : String(neededReplicas)),
  },
]

export function ForecastTable({ present, changed, stage }: ForecastTableProps) {
  return (
    <div class="scrolls" tabIndex={0} role="region" aria-label="Figures of every stage">
      <table>
        <thead>
          <tr>
            <th scope="col">Stage</th>
            {columns.map(({ head }) => (
              <th key={head} scope="col" class="number">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {present.stages.map((one) => {
            const other = changed?.stages.find(({ name }) => name === one.name)
            return (
              <tr key={one.name}>
                <th scope="row">{one.name === stage ? <b>{one.name}</b> : one.name}</th>
                {columns.map(({ head, of }) => (
                  <td key={head} class="number">
                    {of(one)}
                    {other && of(other) !== of(one) && <b>{` → ${of(other)}`}</b>}
                  </td>
                ))}
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
