// How are objectives read in a terminal? A table in `status`, and sentences below the reasons of
// `explain`.
import { objectiveReports } from '@orderpipeline/client'
import type { ObjectiveReport } from '@orderpipeline/client'
import { durationText, unknown } from '@orderpipeline/client/figures'
import {
  burnText,
  howToSetObjectives,
  leftText,
  measuredText,
  objectiveExample,
  promiseText,
} from '@orderpipeline/client/objective-words'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import type { Paint } from '../colour.ts'
import { tables } from '../columns.ts'
import { wrapped } from '../wrapped.ts'

const header = ['OBJECTIVE', 'TARGET', 'MEASURED', 'BUDGET LEFT', 'BURNS'] as const

/** One line for each objective, or the one that says how to set one. */
export function objectiveLines(pipeline: OrderPipeline, paint: Paint, width?: number): string[] {
  const reports = objectiveReports(pipeline)
  if (reports.length === 0) return noObjectiveLines(pipeline, paint, width)
  const rows = reports.map((report) => [report.name, promiseText(report), ...figures(report)])
  return tables(header, rows, { sides: ['left', 'left'], width }).flatMap(({ titles, lines }) => [
    paint(titles, 'dim'),
    ...lines.map((line, index) => coloured(line, reports[index], paint)),
  ])
}

function figures({ state, budget }: ObjectiveReport): string[] {
  if (!budget) return [state === 'InPrometheus' ? 'see Prometheus' : unknown, unknown, unknown]
  const remainder = leftText(budget)
  return [
    measuredText(budget),
    state === 'Exhausted' ? `exhausted: ${remainder}` : remainder,
    burnText(budget) ?? unknown,
  ]
}

function noObjectiveLines({ spec }: OrderPipeline, paint: Paint, width: number | undefined): string[] {
  const hint = `${howToSetObjectives} ${objectiveExample(spec.stages[0]?.name ?? 'orders')}`
  return wrapped(hint, width, 2).map((line) => paint(line, 'dim'))
}

/** A sentence for each objective of these parts. */
export function objectiveSentences(
  reports: readonly ObjectiveReport[],
  paint: Paint,
  width: number | undefined,
): string[] {
  return reports.flatMap((report) => {
    const isTrouble = report.state === 'Burning' || report.state === 'Exhausted'
    const text = `${report.name}: ${promiseText(report)}; ${sentence(report)}`
    return wrapped(`  ${isTrouble ? '!' : '-'} ${text}`, width, 4).map((line) => coloured(line, report, paint))
  })
}

function sentence({ state, budget, query = '' }: ObjectiveReport): string {
  if (state === 'InPrometheus') return `only Prometheus measures it: ${query}`
  if (!budget) return 'not measured yet'
  const verdict =
    state === 'Exhausted' ? 'the error budget of 30 days is exhausted' : 'left of the error budget of 30 days'
  const { lastsSeconds } = budget
  const lasts = state === 'Burning' && lastsSeconds !== undefined ? `, which lasts ${durationText(lastsSeconds)}` : ''
  const burn = burnText(budget)
  const rate = burn === undefined ? '' : `; burn rate of the last hour ${burn}${lasts}`
  return `measured ${measuredText(budget)}; ${verdict}: ${leftText(budget)}${rate}`
}

function coloured(line: string, report: ObjectiveReport | undefined, paint: Paint): string {
  if (report?.state === 'Exhausted') return paint(line, 'red')
  return report?.state === 'Burning' ? paint(line, 'yellow') : line
}
