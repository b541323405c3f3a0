// What can be tried on a pipeline of this machine, and what comes of it?

/** The behaviour of the simulated payment provider. */
export interface ProviderBehaviour {
  readonly latencyMs: number
  readonly jitterMs: number
  /** 0 to 1, of calls that are answered 500. */
  readonly errorRate: number
}

export const providerModes = {
  normal: { latencyMs: 50, jitterMs: 10, errorRate: 0 },
  slow: { latencyMs: 3_000, jitterMs: 500, errorRate: 0 },
  failing: { latencyMs: 50, jitterMs: 10, errorRate: 0.7 },
} as const satisfies Readonly<Record<string, ProviderBehaviour>>
export type ProviderMode = keyof typeof providerModes

export interface PlacedOrders {
  readonly taken: number
  /** The last that was taken. */
  readonly order: string
  /** How many were not, and why the first was not. */
  readonly refused?: number
  readonly why?: string
}

/** A message that no stage can decode. */
export interface SentPoison {
  /** In Kafka, with the pipeline's prefix. */
  readonly topic: string
  /** The stages that consume it: each makes a dead letter of the message. */
  readonly stages: readonly string[]
}

export const largestBurst = 5_000
