// What was tried, how often, and which ids were in flight in a process when it was killed? One
// account for each kind of id that must take effect once: messages of a stage, orders,
// cancellations, charges, mails. Recorded from what passes on the wire.
import type { WireEvent } from './wire-event.ts'
import { elementsOf } from './postgres-wire.ts'

export interface Accounts {
  /** In flight from now on, and tried once more. */
  recordAttempt(account: string, ids: readonly string[]): void
  recordInFlight(account: string, ids: readonly string[]): void
  recordEffect(account: string, ids: readonly string[]): void
  /** No longer in flight: all of the account where no ids are given. */
  removeInFlight(account: string, ids?: readonly string[]): void
  inFlight(account: string): string[]
  attempts(account: string): ReadonlyMap<string, number>
  effects(account: string): ReadonlyMap<string, number>
}

export function createAccounts(): Accounts {
  const attempts = new Map<string, Map<string, number>>()
  const effects = new Map<string, Map<string, number>>()
  const inFlight = new Map<string, Set<string>>()
  const count = (of: Map<string, Map<string, number>>, account: string, ids: readonly string[]): void => {
    const counts = of.get(account) ?? new Map<string, number>()
    of.set(account, counts)
    for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  const hold = (account: string, ids: readonly string[]): void => {
    inFlight.set(account, new Set([...(inFlight.get(account) ?? []), ...ids]))
  }
  return {
    recordInFlight: hold,
    recordAttempt: (account, ids) => {
      hold(account, ids)
      count(attempts, account, ids)
    },
    recordEffect: (account, ids) => count(effects, account, ids),
    removeInFlight: (account, ids) => {
      if (!ids) return void inFlight.delete(account)
      for (const id of ids) inFlight.get(account)?.delete(id)
    },
    inFlight: (account) => [...(inFlight.get(account) ?? [])],
    attempts: (account) => attempts.get(account) ?? new Map(),
    effects: (account) => effects.get(account) ?? new Map(),
  }
}

export function messagesOf(service: string): string {
  return `messages of ${service}`
}

/**
 * Before it is decided whether the process dies at this moment: what it tries, and what has taken
 * effect whether or not it receives the answer.
 */
export function recordEvent(
  accounts: Accounts,
  service: string,
  { phase, operation, values, rows, within }: WireEvent,
): void {
  const at = `${phase} ${operation}`
  if (at === 'asked inbox.take-in') accounts.recordAttempt(messagesOf(service), elementsOf(values[0]))
  if (at === 'answered commit') {
    const inboxRows = within
      .filter((statement) => statement.operation === 'inbox.take-in')
      .flatMap((statement) => statement.rows)
    accounts.recordEffect(messagesOf(service), column(inboxRows, 0))
  }
  if (at === 'answered orders.select-unpublished')
    accounts.recordInFlight(
      'relayed',
      column(
        rows.filter((row) => row[2] === 'orders.placed'),
        1,
      ),
    )
  if (at === 'answered notification.take-mails') accounts.recordInFlight('mails', column(rows, 2))
  if (at === 'asked mail') accounts.recordAttempt('mails', values)
  if (phase === 'asked' && providerRoutes.includes(operation)) accounts.recordAttempt('charges', values)
}

/** Once it is clear that it lives on: the ids that it has finished. */
export function recordFinished(accounts: Accounts, service: string, { phase, operation, values }: WireEvent): void {
  const at = `${phase} ${operation}`
  if (at === 'answered OffsetCommit') accounts.removeInFlight(messagesOf(service))
  if (at === 'answered orders.delete-published') accounts.removeInFlight('relayed')
  if (at === 'answered notification.remove-mails') accounts.removeInFlight('mails')
  if (phase === 'answered' && providerRoutes.includes(operation)) accounts.removeInFlight('charges', values)
}

const providerRoutes = ['POST /v1/charges', 'POST /v1/voids', 'POST /v1/refunds']
function column(rows: readonly (readonly string[])[], at: number): string[] {
  return rows.map((row) => row[at] ?? '')
}
