// How are a chart's figures read without seeing it? As a table of a few of them, which everybody
// may open.
import type { Sample } from '../../model/state.ts'
import { clockText, countText, dash } from '../words.ts'
import { thinned } from './scales.ts'

const rows = 20

export function FiguresTable({ samples }: { readonly samples: readonly Sample[] }) {
  return (
    <details>
      <summary>Figures as a table</summary>
      <div class="scroll" role="region" aria-label="Figures" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col" class="number">
                Lag
              </th>
              <th scope="col" class="number">
                Wanted
              </th>
              <th scope="col" class="number">
                Ready
              </th>
            </tr>
          </thead>
          <tbody>
            {thinned(samples, rows).map(({ at, lag, wanted, ready, standing }) => (
              <tr key={at}>
                <td>{clockText(at)}</td>
                <td class="number">{`${lag === null ? dash : countText(lag)}${standing ? ', standing still' : ''}`}</td>
                <td class="number">{wanted}</td>
                <td class="number">{ready}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}
