// How does the pipeline do against its objectives? Target, measurement, and what is left of each
// error budget; one line where no objective is set.
import {
  burnText,
  howToSetObjectives,
  leftText,
  measuredText,
  objectiveExample,
  promiseText,
} from '@orderpipeline/client/objective-words'
import type { BudgetReport, ObjectiveReport, ObjectiveState } from '@orderpipeline/client/objective-words'
import { keyOf } from '../../model/state.ts'
import type { PipelineState } from '../../model/state.ts'
import { CopyCommand } from '../copy-command.tsx'
import { scalingPath } from '../route.ts'
import { dash, dateText, durationText } from '../words.ts'

const heads = ['Objective', 'Target', 'Measured', 'Budget left', 'Burn rate'] as const

const stateWords: Readonly<Record<ObjectiveState, readonly [tone: string, word: string]>> = {
  Kept: ['good', 'kept'],
  Burning: ['busy', 'burning fast'],
  Exhausted: ['bad', 'exhausted'],
  Unmeasured: ['unknown', 'not measured yet'],
  InPrometheus: ['unknown', 'in Prometheus'],
}

export function Objectives({ pipeline }: { readonly pipeline: PipelineState }) {
  const { objectives, parts } = pipeline
  const stage = parts.find(({ kind }) => kind === 'stage')?.name ?? 'orders'
  const elsewhere = objectives.filter(({ state }) => state === 'InPrometheus')
  return (
    <section class="panel" aria-labelledby="objectives-title">
      <h2 id="objectives-title">Objectives</h2>
      {objectives.length === 0 ? (
        <p class="hint">
          {howToSetObjectives} <code>{objectiveExample(stage)}</code>
        </p>
      ) : (
        <ObjectiveTable {...{ objectives }} pipeline={keyOf(pipeline)} />
      )}
      {elsewhere.length > 0 && (
        <p class="hint">
          Only Prometheus measures the gateway. The query answers what is left of the budget; 1 is all of it.
        </p>
      )}
      {elsewhere.map(({ name, query = '' }) => (
        <CopyCommand key={name} command={query} label={`that asks Prometheus for ${name}`} />
      ))}
    </section>
  )
}

interface ObjectiveTableProps {
  readonly objectives: readonly ObjectiveReport[]
  /** Its key. */
  readonly pipeline: string
}

/** Roles are said outright, as in the table of stages. */
function ObjectiveTable({ objectives, pipeline }: ObjectiveTableProps) {
  return (
    <table class="stages objectives" role="table">
      <thead role="rowgroup">
        <tr role="row">
          {heads.map((head) => (
            <th key={head} role="columnheader" scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {objectives.map((report) => (
          <Row key={report.name} {...{ report, pipeline }} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ report, pipeline }: { readonly report: ObjectiveReport; readonly pipeline: string }) {
  const { name, part, state, budget } = report
  const [tone, word] = stateWords[state]
  return (
    <tr role="row">
      <th scope="row" role="rowheader">
        <a href={scalingPath(pipeline, part)}>{name}</a>
        <span class={`state ${tone} small`}>{word}</span>
      </th>
      <td role="cell" data-head="Target">
        {promiseText(report)}
      </td>
      <td role="cell" data-head="Measured">
        {budget ? <span title={`since ${dateText(budget.since)}`}>{measuredText(budget)}</span> : ''}
      </td>
      <td role="cell" data-head="Budget left">
        {budget ? <BudgetBar {...{ budget, tone }} /> : ''}
      </td>
      <td role="cell" data-head="Burn rate">
        {budget ? burnSentence(budget) : ''}
      </td>
    </tr>
  )
}

function burnSentence(budget: BudgetReport): string {
  const { burnRate = 0, lastsSeconds } = budget
  const rate = burnText(budget) ?? dash
  return burnRate > 1 && lastsSeconds !== undefined ? `${rate}, lasts ${durationText(lastsSeconds)}` : rate
}

function BudgetBar({ budget, tone }: { readonly budget: BudgetReport; readonly tone: string }) {
  const { leftPercent, wholeSeconds } = budget
  return (
    <span class="budget">
      <span class="rail" aria-hidden="true">
        <span class={tone} style={{ width: `${Math.min(100, Math.max(0, leftPercent))}%` }} />
      </span>
      <span>
        {leftText(budget)} <small>of {durationText(wholeSeconds)}</small>
      </span>
    </span>
  )
}
