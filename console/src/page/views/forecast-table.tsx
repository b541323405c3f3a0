// How does the view "What if" show the forecast of each stage? As a table: the figures of the
// pipeline as it is, and those with the change where they differ.
import type { Forecast, StageForecast } from '../../model/what-if.ts'
import { countText, dash, durationText } from '../words.ts'

interface ForecastTableProps {
  readonly present: Forecast
  readonly changed: Forecast | undefined
  /** The selected stage, in bold. */
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
