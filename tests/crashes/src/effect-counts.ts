// What happened to the ids that were in flight when a process was killed? How often each was tried
// in all, and how often it took effect, read from the tables and topics of the services concerned
// and not from what the process believed.
import type { Bench, TestDatabase } from '@orderpipeline/stage/testing'
import { messagesOf } from '@orderpipeline/test-support/accounts'
import type { BatteryResult } from './battery.ts'

export interface EffectsRow {
  readonly service: string
  readonly point: string
  /** Ids in flight. */
  readonly inFlight: number
  readonly attempts: number
  readonly tookEffect: number
}

type Counts = ReadonlyMap<string, number>

export async function countEffects(played: BatteryResult, database: TestDatabase, bench: Bench): Promise<EffectsRow[]> {
  const effects = new Map<string, Counts>()
  const attempts = new Map<string, Counts>()
  for (const account of new Set(played.kills.map(({ point }) => point.of))) {
    effects.set(account, await effectsOf(account, played, database))
    attempts.set(account, account === 'relayed' ? await copies(bench) : played.accounts.attempts(account))
  }
  return played.kills.map(({ service, point, inFlight }) => {
    const sum = (of: Counts | undefined): number => inFlight.reduce((total, id) => total + (of?.get(id) ?? 0), 0)
    return {
      service,
      point: point.name,
      inFlight: inFlight.length,
      attempts: sum(attempts.get(point.of)),
      tookEffect: sum(effects.get(point.of)),
    }
  })
}

/**
 * Ids of any account that did not take effect exactly once although they were tried, as `<account>
 * <id>: <times>`.
 */
export function offTheMark(played: BatteryResult, services: readonly string[]): string[] {
  return services.map(messagesOf).flatMap((account) => {
    const effects = played.accounts.effects(account)
    return [...played.accounts.attempts(account).keys()]
      .filter((id) => effects.get(id) !== 1)
      .map((id) => `${account} ${id}: ${effects.get(id) ?? 0}`)
  })
}

async function effectsOf(account: string, { accounts, mails }: BatteryResult, database: TestDatabase): Promise<Counts> {
  const countsFrom = async (role: string, text: string): Promise<Counts> => {
    const rows = await database.ask<{ id: string; count: number }>(role, text)
    return new Map(rows.map(({ id, count }) => [id, count]))
  }
  switch (account) {
    case 'relayed':
      return accounts.effects(messagesOf('orders'))
    case 'orders':
      return countsFrom(
        'orders',
        `SELECT idempotency_key AS id, count(*) FROM idempotency_keys JOIN orders USING (order_id) GROUP BY 1`,
      )
    case 'cancellations': // cancelled, or shipped before it could be: one end
      return countsFrom(
        'orders',
        `SELECT order_id AS id, count(*) FROM order_events WHERE status IN ('SHIPPED', 'CANCELLED') GROUP BY 1`,
      )
    case 'charges':
      return countsFrom(
        'payment_provider',
        `SELECT idempotency_key AS id, count(*) FROM
           (SELECT idempotency_key FROM charges UNION ALL SELECT idempotency_key FROM refunds) AS moves GROUP BY 1`,
      )
    case 'mails': // the same Message-ID is the same mail to every reader
      return new Map([...mails.keys()].map((id) => [id, 1]))
    default:
      return accounts.effects(account)
  }
}

/** How often each OrderPlaced is in Kafka. */
async function copies(bench: Bench): Promise<Counts> {
  const counts = new Map<string, number>()
  for (const { id } of await bench.events('orders.placed')) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}

export function table(rows: readonly EffectsRow[]): string {
  const titles = ['service', 'killed when', 'in flight', 'attempts', 'took effect']
  const lines = rows.map((row) => [row.service, row.point, row.inFlight, row.attempts, row.tookEffect].map(String))
  const widths = titles.map((title, n) => Math.max(title.length, ...lines.map((line) => line[n]?.length ?? 0)))
  const pad = (text: string, n: number): string => (n < 2 ? text.padEnd(widths[n] ?? 0) : text.padStart(widths[n] ?? 0))
  return [titles, ...lines].map((line) => line.map(pad).join('  ')).join('\n')
}
