// How do planned faults come about, and how are they counted?
import { setTimeout as sleep } from 'node:timers/promises'
import { shopStages } from '@orderpipeline/stage/testing'
import type { Behaviour } from '@orderpipeline/payment-provider'
import type { DatabaseState, Fault, PlannedFault, ProviderState } from './plan.ts'
import type { World } from './world.ts'

export interface Faults {
  /** Lets each happen in its time; returns early where `over` says so. */
  play(plan: readonly PlannedFault[], started: number, over: () => boolean): Promise<void>
  /** All is well again; replicas stay as they are. */
  stop(): Promise<void>
  readonly counts: Readonly<Record<string, number>>
  /** What is wrong now, in words. */
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

export function createFaults(world: World): Faults {
  const counts: Record<string, number> = {}
  const state = { database: 'well', provider: 'well' }
  const deaths: Record<string, number> = {}
  const count = (what: string): void => void (counts[what] = (counts[what] ?? 0) + 1)

  const database = async (wanted: DatabaseState): Promise<void> => {
    state.database = wanted.kind === 'slow' ? `slow ${wanted.ms} ms` : wanted.kind
    if (wanted.kind === 'silent') world.link.hang()
    else await world.link.mend()
    if (wanted.kind === 'slow') world.link.slow(wanted.ms)
    if (wanted.kind !== 'well') count(`database ${wanted.kind}`)
  }
  const provider = async (wanted: ProviderState): Promise<void> => {
    state.provider = wanted
    count(`provider ${wanted}`)
    await world.behave(behaviours[wanted])
  }
  const replicas = async (fault: Extract<Fault, { of: 'replicas' }>): Promise<void> => {
    count(`replica ${fault.change}`)
    if (fault.change === 'dies') deaths[fault.stage] = (deaths[fault.stage] ?? 0) + 1
    if (fault.change === 'joins') await world.join(fault.stage)
    else world.fleet.end(fault.stage, fault.nth, fault.change === 'leaves' ? 'SIGTERM' : 'SIGKILL')
  }
  const happen = async (fault: Fault): Promise<void> => {
    switch (fault.of) {
      case 'database':
        return database(fault.state)
      case 'provider':
        return provider(fault.state)
      case 'replicas':
        return replicas(fault)
      case 'gateway':
        count('gateway dies')
        return world.fleet.kill('gateway')
    }
  }
  return {
    counts,
    state,
    deaths,
    play: async (plan, started, over) => {
      for (const { atMs, fault } of plan) {
        while (!over() && performance.now() < started + atMs)
          await sleep(Math.min(1_000, Math.max(0, started + atMs - performance.now())))
        if (over()) return
        await happen(fault)
      }
    },
    stop: async () => {
      await database({ kind: 'well' })
      state.provider = 'well'
      await world.behave(well)
      // A stage may have only its first replica now; what is behind is worked off by two.
      for (const stage of shopStages)
        if (world.fleet.replicas.filter(({ service }) => service === stage).length < 2) await world.join(stage)
    },
  }
}
