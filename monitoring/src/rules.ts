// How are the alerts written? As a rule file of Prometheus, and as the page of runbooks to which
// each alert links.
import { stringify } from 'yaml'
import type { Alert, AlertGroup, ObjectiveAlert, Runbook } from './alerts/index.ts'

export const runbookPage = 'docs/guides/runbooks.md'

/** A rule file as Prometheus loads it; the chart puts the same groups into a PrometheusRule. */
export function rulesText(groups: readonly AlertGroup[]): string {
  return stringify(
    {
      groups: groups.map(({ name, alerts }) => ({
        name,
        rules: alerts.map((alert) => ({
          alert: alert.name,
          expr: alert.expr,
          for: alert.for,
          labels: { severity: alert.severity },
          annotations: { summary: alert.summary, runbook_url: `${runbookPage}#${alert.name.toLowerCase()}` },
        })),
      })),
    },
    { lineWidth: 0 },
  )
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n')
}

function section({ name, severity, expr, for: time, runbook }: Alert): string {
  return [
    `## ${name}`,
    `Severity ${severity}, after ${time}.`,
    '```promql\n' + expr + '\n```',
    runbookText(runbook),
  ].join('\n\n')
}

function objectiveSection({ name, runbook }: ObjectiveAlert): string {
  return [
    `## ${name}`,
    'Severity critical for the windows of one and six hours, and warning for those of one and three days. The operator makes the rules of each pipeline with objectives ([operator.md](../concepts/operator.md#objectives)); `orderpipeline slo-rules` prints them.',
    runbookText(runbook),
  ].join('\n\n')
}

function runbookText({ meaning, look, act }: Runbook): string {
  return [`**Meaning.** ${meaning}`, `**Look here.**\n\n${list(look)}`, `**Do this.**\n\n${list(act)}`].join('\n\n')
}

export function runbooksText(groups: readonly AlertGroup[], objectives: readonly ObjectiveAlert[]): string {
  return (
    [
      '# Runbooks',
      'One section for each alert: what it means, where to look and what to do. The chart of the operator contains the alerts ' +
        '(`alerts.enabled`); [alerts.yaml](../../charts/orderpipeline-operator/files/alerts.yaml) is a plain rule file of ' +
        'Prometheus. Both are generated with this page from `monitoring/src/alerts`, by `npm run generate`.',
      ...groups.flatMap(({ alerts }) => alerts.map(section)),
      ...objectives.map(objectiveSection),
    ].join('\n\n') + '\n'
  )
}
