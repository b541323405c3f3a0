// How do the results stand in docs/concepts/simulate.md? A table for each figure, between two
// comments: a row for each load, a column for each way to scale.
import { markdownTable } from '../markdown-table.ts'
import type { ScalingResult } from './compare.ts'

const begin = '<!-- written by npm run bench -- scaling --write -->'
const end = '<!-- end of npm run bench -- scaling -->'

/** @throws RangeError where the page does not have both comments */
export function withTables(page: string, results: readonly ScalingResult[]): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from === -1 || to < from)
    throw new RangeError(`docs/concepts/simulate.md: found no tables; allowed: ${begin} before ${end}`)
  return `${page.slice(0, from + begin.length)}\n\n${tables(results)}\n\n${page.slice(to)}`
}

interface Figure {
  readonly title: string
  readonly text: (result: ScalingResult) => string
}

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

const figures: readonly Figure[] = [
  {
    title: 'Replica-hours, and how many times those of the oracle over the same time',
    text: ({ replicaHours, overOracle, way }) =>
      way === 'oracle' ? replicaHours.toFixed(1) : `${replicaHours.toFixed(1)} (${overOracle.toFixed(2)})`,
  },
  {
    title: 'Seconds until all is done',
    text: ({ doneAtSeconds }) =>
      doneAtSeconds !== undefined && Number.isFinite(doneAtSeconds) ? whole.format(doneAtSeconds) : 'later',
  },
  { title: 'Highest lag of a stage behind the first one', text: ({ peakLagLater }) => whole.format(peakLagLater) },
  {
    title: 'Turns of the replicas, rebalances of all stages, and most replicas of payment',
    text: ({ turns, rebalances, mostPayment, way }) =>
      way === 'oracle' ? `${mostPayment}` : `${turns} / ${rebalances} / ${mostPayment}`,
  },
]

function tables(results: readonly ScalingResult[]): string {
  const ways = [...new Set(results.map(({ way }) => way))]
  const loads = [...new Set(results.map(({ load }) => load))]
  const cell = ({ text }: Figure, load: string, way: string): string => {
    const result = results.find((one) => one.load === load && one.way === way)
    return result ? text(result) : '-'
  }
  return figures
    .map((figure) => {
      const rows = loads.map((load) => [load, ...ways.map((way) => cell(figure, load, way))])
      return `**${figure.title}**\n\n${markdownTable([['load', ...ways], ...rows]).join('\n')}`
    })
    .join('\n\n')
}
