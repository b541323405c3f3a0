// What was tried, how often, and what of it was in a process's hands when it was killed? One
// account for each kind of thing that must take effect once: messages of a stage, orders,
// cancellations, charges, mails. Written from what passes on the wire.
import type { Moment } from './moment.ts'
import { elementsOf } from './postgres-wire.ts'

export interface Accounts {
  /** From now on in somebody's hands, and tried once more. */
  tried(account: string, ids: readonly string[]): void
  held(account: string, ids: readonly string[]): void
  took(account: string, ids: readonly string[]): void
  /** Nobody's hands: all of the account where no ids are given. */
  letGo(account: string, ids?: readonly string[]): void
  inHand(account: string): string[]
  attempts(account: string): ReadonlyMap<string, number>
  effects(account: string): ReadonlyMap<string, number>
}

export function createAccounts(): Accounts {
  const attempts = new Map<string, Map<string, number>>()
  const effects = new Map<string, Map<string, number>>()
  const hands = new Map<string, Set<string>>()
  const count = (of: Map<string, Map<string, number>>, account: string, ids: readonly string[]): void => {
    const counts = of.get(account) ?? new Map<string, number>()
    of.set(account, counts)
    for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  const held = (account: string, ids: readonly string[]): void => {
    hands.set(account, new Set([...(hands.get(account) ?? []), ...ids]))
  }
  return {
    held,
    tried: (account, ids) => {
      held(account, ids)
      count(attempts, account, ids)
    },
    took: (account, ids) => count(effects, account, ids),
    letGo: (account, ids) => {
      if (!ids) return void hands.delete(account)
      for (const id of ids) hands.get(account)?.delete(id)
    },
    inHand: (account) => [...(hands.get(account) ?? [])],
    attempts: (account) => attempts.get(account) ?? new Map(),
    effects: (account) => effects.get(account) ?? new Map(),
  }
}

export const messagesOf = (service: string): string => `messages of ${service}`

/**
 * Before it is decided whether the process dies at this moment: what it tries, and what has taken
 * effect whether or not it hears so.
 */
export function writeDown(accounts: Accounts, service: string, { side, what, values, rows, within }: Moment): void {
  const at = `${side} ${what}`
  if (at === 'asked inbox.take-in') accounts.tried(messagesOf(service), elementsOf(values[0]))
  if (at === 'answered commit') {
    const taken = within
      .filter((statement) => statement.what === 'inbox.take-in')
      .flatMap((statement) => statement.rows)
    accounts.took(messagesOf(service), column(taken, 0))
  }
  if (at === 'answered relay_select_unpublished')
    accounts.held(
      'relayed',
      column(
        rows.filter((row) => row[2] === 'orders.placed'),
        1,
      ),
    )
  if (at === 'answered mails.take') accounts.held('mails', column(rows, 2))
  if (at === 'asked mail') accounts.tried('mails', values)
  if (side === 'asked' && providerRoutes.includes(what)) accounts.tried('charges', values)
}

/** Once it lives on: what it is done with. */
export function letGo(accounts: Accounts, service: string, { side, what, values }: Moment): void {
  const at = `${side} ${what}`
  if (at === 'answered OffsetCommit') accounts.letGo(messagesOf(service))
  if (at === 'answered relay_delete_published') accounts.letGo('relayed')
  if (at === 'answered mails.remove') accounts.letGo('mails')
  if (side === 'answered' && providerRoutes.includes(what)) accounts.letGo('charges', values)
}

const providerRoutes = ['POST /v1/charges', 'POST /v1/voids', 'POST /v1/refunds']
const column = (rows: readonly (readonly string[])[], at: number): string[] => rows.map((row) => row[at] ?? '')
