// How are planned faults carried out, and how are they counted?
import { setTimeout as sleep } from 'node:timers/promises'
import { shopStages } from '@orderpipeline/stage/testing'
import type { Behaviour } from '@orderpipeline/payment-provider'
import type { DatabaseState, StormFault, PlannedFault, ProviderState } from './plan.ts'
import type { StormEnvironment } from './storm-environment.ts'

export interface Faults {
  /** Starts each fault at its time; returns early once `over` is true. */
  inject(plan: readonly PlannedFault[], startedAt: number, over: () => boolean): Promise<void>
  /** Ends all faults; replicas stay as they are. */
  stop(): Promise<void>
  readonly counts: Readonly<Record<string, number>>
  /** The current faults, in words. */
  readonly state: { readonly database: string; readonly provider: string }
  /** Replicas that were killed so far, by stage. */
  readonly deaths: Readonly<Record<string, number>>
}

const well: Partial<Behaviour> = { errorRate: 0, latencyMs: 50, jitterMs: 10 }
const behaviours: Readonly<Record<ProviderState, Partial<Behaviour>>> = {
  failing: { ...well, errorRate: 1 / 3 },
  away: { ...well, errorRate: 1 },
  slow: { ...well, errorRate: 1 / 3, latencyMs: 1_500 },
}

export function createFaults(world: StormEnvironment): Faults {
  const counts: Record<string, number> = {}
  const state = { database: 'well', provider: 'well' }
  const deaths: Record<string, number> = {}
  const count = (what: string): void => void (counts[what] = (counts[what] ?? 0) + 1)

  const database = async (target: DatabaseState): Promise<void> => {
    state.database = target.kind === 'slow' ? `slow ${target.ms} ms` : target.kind
    if (target.kind === 'silent') world.link.hang()
    else await world.link.restore()
    if (target.kind === 'slow') world.link.slow(target.ms)
    if (target.kind !== 'well') count(`database ${target.kind}`)
  }
  const provider = async (target: ProviderState): Promise<void> => {
    state.provider = target
    count(`provider ${target}`)
    await world.behave(behaviours[target])
  }
  const replicas = async (fault: Extract<StormFault, { of: 'replicas' }>): Promise<void> => {
    count(`replica ${fault.change}`)
    if (fault.change === 'dies') deaths[fault.stage] = (deaths[fault.stage] ?? 0) + 1
    if (fault.change === 'joins') await world.join(fault.stage)
    else world.processGroup.end(fault.stage, fault.nth, fault.change === 'leaves' ? 'SIGTERM' : 'SIGKILL')
  }
  const happen = async (fault: StormFault): Promise<void> => {
    switch (fault.of) {
      case 'database':
        return database(fault.state)
      case 'provider':
        return provider(fault.state)
      case 'replicas':
        return replicas(fault)
      case 'gateway':
        count('gateway dies')
        return world.processGroup.kill('gateway')
    }
  }
  return {
    counts,
    state,
    deaths,
    inject: async (plan, startedAt, over) => {
      for (const { atMs, fault } of plan) {
        while (!over() && performance.now() < startedAt + atMs)
          await sleep(Math.min(1_000, Math.max(0, startedAt + atMs - performance.now())))
        if (over()) return
        await happen(fault)
      }
    },
    stop: async () => {
      await database({ kind: 'well' })
      state.provider = 'well'
      await world.behave(well)
      // A stage may have only its first replica now; its lag is worked off by two.
      for (const stage of shopStages)
        if (world.processGroup.replicas.filter(({ service }) => service === stage).length < 2) await world.join(stage)
    },
  }
}
