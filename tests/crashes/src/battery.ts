// Does anything get lost, doubled or stuck when each service is killed at each of its points, under
// load? Kills every service at its points, one after the other for each, all services at once; then
// waits until everything has ended.
import { setTimeout as sleep } from 'node:timers/promises'
import { createAccounts, recordFinished, recordEvent } from '@orderpipeline/test-support/accounts'
import type { Accounts } from '@orderpipeline/test-support/accounts'
import { startCustomers } from '@orderpipeline/test-support/customers'
import type { WireEvent } from '@orderpipeline/test-support/wire-event'
import { isAt } from './points.ts'
import type { Plan, Point } from './points.ts'
import type { Program } from '@orderpipeline/test-support/program'
import { startShop } from './shop.ts'

export interface BatteryOptions {
  readonly databaseUrl: string
  readonly kafkaBootstrap: string
  readonly prefix: string
  readonly plan: Plan
  readonly skus: number
  readonly ordersPerSecond: number
  /** The time for all points to be hit, and again for everything to end. */
  readonly limitMs: number
  readonly settled: () => Promise<boolean>
  /**
   * Moves earlier deaths into the past: many in a short time would count as caused by a message.
   */
  readonly agesPass: () => Promise<unknown>
  readonly say: (line: string) => void
}

export interface Kill {
  readonly service: string
  readonly point: Point
  /** The ids in flight, by the point's account. */
  readonly inFlight: readonly string[]
}

export interface BatteryResult {
  readonly kills: readonly Kill[]
  /** Points that no process reached, as `<service>: <point>`. */
  readonly unreachedPoints: readonly string[]
  readonly accounts: Accounts
  /** Order ids by idempotency key. */
  readonly accepted: ReadonlyMap<string, string>
  /** How often each mail was taken over, by its Message-ID. */
  readonly mails: ReadonlyMap<string, number>
  readonly settled: boolean
  readonly exitCodes: ReadonlyMap<string, number | string>
}

export async function runBattery(options: BatteryOptions): Promise<BatteryResult> {
  const accounts = createAccounts()
  const remaining = new Map(Object.entries(options.plan).map(([service, points]) => [service, [...points]]))
  const kills: Kill[] = []
  const dead: Program[] = []
  const total = [...remaining.values()].flat().length

  const watch = (service: string, event: WireEvent, program: Program | undefined): boolean => {
    recordEvent(accounts, service, event)
    const [point] = remaining.get(service) ?? []
    if (!program || !point || !isAt(point, event)) {
      recordFinished(accounts, service, event)
      return false
    }
    program.kill()
    // The dead process keeps its place in the group for seconds: this call ends before another
    // replica takes over.
    void options.agesPass()
    remaining.get(service)?.shift()
    kills.push({ service, point, inFlight: accounts.inFlight(point.of) })
    options.say(`${kills.length} of ${total}  ${service}: ${point.name}`)
    return true
  }
  const shop = await startShop({ ...options, watch, onDeath: (program) => void dead.push(program) })
  const customers = startCustomers({
    ...{ gateway: shop.gatewayUrl, accounts, skus: options.skus, perSecond: options.ordersPerSecond, regret: 0.25 },
  })
  const within = async (holds: () => boolean | Promise<boolean>): Promise<boolean> => {
    const deadline = performance.now() + options.limitMs
    for (;;) {
      const [died] = dead
      if (died) throw new Error(`${died.name} ended without a kill:\n${died.output}`)
      if (await holds()) return true
      if (performance.now() > deadline) return false
      await sleep(250)
    }
  }
  try {
    await within(() => kills.length === total)
    const missedPoints = [...remaining].flatMap(([service, points]) => points.map(({ name }) => `${service}: ${name}`))
    remaining.clear()
    await customers.end()
    options.say(`${customers.accepted.size} orders accepted; waiting for their ends`)
    const settled = await within(options.settled)
    const exitCodes = await shop.stop()
    return {
      kills,
      unreachedPoints: missedPoints,
      accounts,
      accepted: customers.accepted,
      mails: shop.mailbox.acceptedMails,
      settled,
      exitCodes,
    }
  } finally {
    await shop.stop()
    await shop.close()
  }
}
