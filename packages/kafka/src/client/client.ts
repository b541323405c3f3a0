// How is kafkajs set up, so that its log lines become ours and its time-outs are bounded?
import kafkajs from 'kafkajs'
import type { Kafka, LogEntry, SASLOptions } from 'kafkajs'
import { registerCodecs } from './codecs.ts'
import './kafkajs-patches.ts'
import './stop-while-joining.ts'
import './waiting-fetches.ts'
import type { Logger } from '@orderpipeline/process'

export interface KafkaAddress {
  readonly brokers: readonly string[]
  /** Seen in the broker's logs and quotas. */
  readonly clientId: string
  readonly security?: KafkaSecurity
}

export interface KafkaSecurity {
  /** Certificates to trust, PEM; the public authorities when absent. */
  readonly tls?: {
    readonly ca?: string
    /** Shown to a broker that asks for one, PEM. */
    readonly client?: { readonly certificate: string; readonly key: string }
  }
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
    readonly username: string
    readonly password: string
  }
}

/**
 * Tries for a little over a minute before a consumer counts as lost: one that outlasts a broker's
 * restart keeps its place in the group, while a new one makes the whole group wait until the old
 * one's session has ended.
 */
export const patience = { initialRetryTime: 200, maxRetryTime: 2_000, retries: 40 } as const

function tlsOptions({ ca, client }: NonNullable<KafkaSecurity['tls']>) {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(client ? { cert: client.certificate, key: client.key } : {}),
  }
}

export function createClient({ brokers, clientId, security = {} }: KafkaAddress, logger: Logger): Kafka {
  const log = forwardTo(logger)
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId,
    ...(security.tls ? { ssl: tlsOptions(security.tls) } : {}),
    ...(security.sasl ? { sasl: security.sasl as SASLOptions } : {}),
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    retry: patience,
    logLevel: kafkajs.logLevel.INFO,
    logCreator: () => log,
  })
}

registerCodecs()

const repeatAfterMs = 10_000

/**
 * kafkajs logs a lost connection many times a second, each time as an error; one line in
 * `repeatAfterMs` is enough.
 */
function forwardTo(logger: Logger): (entry: LogEntry) => void {
  const lastLoggedAt = new Map<string, number>()
  return ({ namespace, level, log: { message, error, groupId } }) => {
    const fields = { kafka: namespace, groupId: groupId as unknown, error: error as unknown }
    const now = performance.now()
    const again = now - (lastLoggedAt.get(message) ?? -Infinity) < repeatAfterMs
    if (level > kafkajs.logLevel.WARN || again) return logger.debug(fields, message)
    if (lastLoggedAt.size > 1_000) lastLoggedAt.clear()
    lastLoggedAt.set(message, now)
    logger.warn(fields, message)
  }
}
