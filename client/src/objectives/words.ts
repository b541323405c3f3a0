// How is an objective said to a person? What is promised, what was measured, and what is left of
// the error budget. Pure, and small enough for a page.
import { durationText } from '../figures.ts'
import type { BudgetReport, ObjectiveReport } from './report.ts'

export type { BudgetReport, ObjectiveReport, ObjectiveState } from './report.ts'

/** `99 % of the time within 60 s` */
export function promiseText({ kind, objective, seconds = 0 }: ObjectiveReport): string {
  switch (kind) {
    case 'freshness':
      return `${objective} % of the time within ${durationText(seconds)}`
    case 'availability':
      return `${objective} % of requests without a 5xx`
    case 'latency':
      return `${objective} % of orders within ${seconds} s`
  }
}

/** `99.87 % of 2d04h` */
export function measuredText({ metPercent, measuredSeconds }: BudgetReport): string {
  return metPercent === undefined ? 'nothing yet' : `${metPercent} % of ${durationText(measuredSeconds)}`
}

/** `87 %, 6h15m`; `-12 %, over by 51m` where more than all of it is spent. */
export function leftText({ leftPercent, leftSeconds }: BudgetReport): string {
  const time = durationText(Math.abs(leftSeconds))
  return leftSeconds > 0 ? `${leftPercent} %, ${time}` : `${leftPercent} %, over by ${time}`
}

/** `1.4×` */
export function burnText({ burnRate }: BudgetReport): string | undefined {
  return burnRate === undefined ? undefined : `${burnRate}×`
}

/** What goes before and after the YAML of `objectiveExample`. */
export const howToSetObjectives = 'No objective is set. spec.slo sets them, such as'

/** Flow style, to fit a line. */
export function objectiveExample(stage: string): string {
  return `slo: { stages: [{ name: ${stage}, freshnessSeconds: 60, objective: 99 }] }`
}
