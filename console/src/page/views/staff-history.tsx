// What does the staff see of an order besides what its customer sees? Why it is held, until when,
// and what the staff has done with it.
import type { StaffView } from '../../model/orders.ts'
import { dateText } from '../words.ts'

export function StaffHistory({ staff: { hold, acts, looks } }: { readonly staff: StaffView }) {
  return (
    <>
      {hold && <Hold hold={hold} />}
      <h3>Staff</h3>
      {acts.length + looks.length === 0 && <p class="empty">Nobody of the staff has looked at it before.</p>}
      <ul class="staff-history">
        {acts.map(({ staff, act, reason, at }) => (
          <li key={at + act}>
            <time dateTime={at}>{dateText(at)}</time>
            <strong>{act}</strong> by {staff}: {reason}
          </li>
        ))}
        {looks.map(({ staff, looks: count, lastAt }) => (
          <li key={lastAt + staff}>
            <time dateTime={lastAt}>{dateText(lastAt)}</time>
            {staff} looked {count === 1 ? 'once' : `${count} times`} within an hour
          </li>
        ))}
      </ul>
    </>
  )
}

function Hold({ hold }: { readonly hold: NonNullable<StaffView['hold']> }) {
  const { reasons, heldAt, dueAt, atDue, outcome, decidedBy, decidedAt } = hold
  return (
    <p class={outcome === undefined ? 'verdict busy' : 'verdict'}>
      Held on {dateText(heldAt)} ({reasons.join(', ')}).{' '}
      {outcome === undefined
        ? `Unless a person decides before, it is ${atDue === 'RELEASE' ? 'released' : 'cancelled'} on ${dateText(dueAt)}.`
        : `${outcome} by ${decidedBy ?? ''} on ${dateText(decidedAt ?? dueAt)}.`}
    </p>
  )
}
