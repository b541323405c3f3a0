// Who has replayed or discarded which dead letters? As the dead-letter topics have it.
import type { DeadLetterDecision } from '../../model/dead-letter-decisions.ts'
import { dateText, plural } from '../words.ts'

export function DeadLetterDecisions({ decisions }: { readonly decisions: readonly DeadLetterDecision[] }) {
  if (decisions.length === 0) return null
  return (
    <section class="panel" aria-labelledby="decisions-title">
      <h2 id="decisions-title">What was done</h2>
      <ul class="staff-history">
        {decisions.map((decision) => (
          <li key={`${decision.at} ${decision.stage} ${decision.reason} ${decision.action}`}>
            <time dateTime={decision.at}>{dateText(decision.at)}</time>
            {sentenceOf(decision)}
          </li>
        ))}
      </ul>
    </section>
  )
}

function sentenceOf({ stage, reason, action, by, letters, edited, forced }: DeadLetterDecision) {
  const more = [edited > 0 ? `${edited} edited` : '', forced > 0 ? `${forced} by force` : ''].filter(Boolean)
  return (
    <span>
      <strong>{by}</strong> {action} {plural(letters, 'dead letter')} of {stage} <span class="reason">{reason}</span>
      {more.length > 0 && `, ${more.join(', ')}`}
    </span>
  )
}
