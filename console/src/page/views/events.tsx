// What has happened to a pipeline, and who did what? Its newest Events, as the API server keeps
// them for an hour.
import type { EventState } from '../../model/state.ts'
import { dateText } from '../words.ts'

export function Events({ events }: { readonly events: readonly EventState[] | undefined }) {
  return (
    <section class="panel" aria-labelledby="events-title">
      <h2 id="events-title">Events</h2>
      {events === undefined && (
        <p class="hint">No Events are known: the cluster has none, or this console may not list events.</p>
      )}
      {events?.length === 0 && <p class="hint">No Event is kept of this pipeline: a cluster keeps them for an hour.</p>}
      <ul class="conditions events">
        {events?.map(({ at, type, reason, note, times = 1 }, index) => (
          <li key={`${at} ${index}`}>
            <span class={`state ${type === 'Warning' ? 'bad' : 'good'}`}>{type}</span>
            <div>
              <strong>{reason}</strong>
              {times > 1 && <span class="reason"> {times} times</span>}
              {note !== '' && <p>{note}</p>}
            </div>
            <time dateTime={at}>{dateText(at)}</time>
          </li>
        ))}
      </ul>
    </section>
  )
}
