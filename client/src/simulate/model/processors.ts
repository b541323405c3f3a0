// How fast is a stage whose replicas share too few processors, and for how long does each wait?
// Every replica takes a part of the processors for itself, so that more of them handle fewer
// messages.
import { createProvider } from './provider.ts'
import type { Provider } from './provider.ts'

export interface Processors {
  /** Processors that are free for this stage, and for what works for it, such as its database. */
  readonly cores: number
  /** Processor time of a message, in its replica and elsewhere. */
  readonly secondsPerMessage: number
  /** What a replica takes for itself, in cores. */
  readonly coresPerReplica: number
  /** The replicas are of a version that says nothing of their waiting. */
  readonly unreported?: boolean
}

export interface SharedProcessors {
  readonly provider: Provider
  /**
   * The share of its time in which a replica waits for a processor, 0 to 1; absent where they say
   * nothing of it.
   */
  readonly waitShare?: (now: number) => number
}

/** The other half of the waiting is that of the database, for which the replica waits asleep. */
const ownShare = 0.5
/** A replica alone cannot take all of the processors. */
const leastShare = 0.1

/** `replicaPerSecond`: messages of a busy replica that waits for no processor. */
export function createProcessors(
  { cores, secondsPerMessage, coresPerReplica, unreported = false }: Processors,
  replicaPerSecond: number,
  replicas: () => number,
): SharedProcessors {
  const perSecond = (): number => Math.max(leastShare * cores, cores - coresPerReplica * replicas()) / secondsPerMessage
  const provider = createProvider(perSecond)
  if (unreported) return { provider }
  return {
    provider,
    waitShare: (now) =>
      provider.isBehind(now) ? ownShare * Math.max(0, 1 - perSecond() / (replicas() * replicaPerSecond)) : 0,
  }
}
