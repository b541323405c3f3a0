// How does the gateway look at the queues behind it? By a connection of its own to Kafka, opened at
// the first request for them.
import { kafkaConnection } from '@orderpipeline/kafka-admin'
import type { KafkaSecurity } from '@orderpipeline/kafka-admin'
import { kafkaAddress } from '@orderpipeline/kafka'
import type { Queryable } from '@orderpipeline/postgres'
import type { Logger } from '@orderpipeline/process'
import type { Registry } from '@orderpipeline/telemetry'
import { outboxLag } from '@orderpipeline/orders/intake'
import type { Clock } from '../clock.ts'
import { groupPrefixOf } from '../config.ts'
import type { GatewayConfig } from '../config.ts'
import { startAdmission } from './admission.ts'
import type { Admission } from './admission.ts'
import { createQueueReader } from './reader.ts'
import type { QueueReader } from './reader.ts'

export interface Queues {
  readonly queues: QueueReader
  readonly admission?: Admission
  /** Rejects where no broker answers this gateway. */
  askKafka(): Promise<unknown>
  close(): Promise<void>
}

const timeoutMs = 3_000

export function openQueues(
  config: GatewayConfig,
  database: Queryable,
  clock: Clock,
  registry: Registry,
  logger: Logger,
): Queues {
  const clientId = `gateway ${config.ORDERPIPELINE_PIPELINE} queues`
  const { brokers, security } = kafkaAddress(config, clientId)
  const kafka = kafkaConnection({
    bootstrapServers: brokers.join(','),
    clientId,
    timeoutMs,
    security: () => Promise.resolve(securityOf(security)),
  })
  const cacheMs = config.QUEUES_CACHE_SECONDS * 1_000
  const queues = createQueueReader({
    kafka,
    groupPrefix: groupPrefixOf(config),
    database,
    outbox: () => outboxLag(database),
    cacheMs,
    timeoutMs,
    maxAgeSeconds: config.QUEUES_MAX_AGE_SECONDS,
    ...clock,
  })
  const promiseSeconds = config.PROMISE_SECONDS
  const askKafka = () => kafka.metadata([])
  if (promiseSeconds === undefined) return { queues, askKafka, close: () => kafka.close() }
  const stages = config.PROMISE_STAGES
  const admission = startAdmission({
    queues,
    promiseSeconds,
    refuseSeconds: config.PROMISE_REFUSE_SECONDS ?? promiseSeconds,
    stages,
    everyMs: cacheMs,
    probeEveryMs: config.PROMISE_PROBE_SECONDS * 1_000,
    monotonicMs: clock.monotonicMs,
    registry,
    logger,
  })
  return {
    queues,
    admission,
    askKafka,
    close: async () => {
      admission.close()
      await kafka.close()
    },
  }
}

/** The two clients of Kafka spell mechanisms in their own ways. */
function securityOf({ tls, sasl }: NonNullable<ReturnType<typeof kafkaAddress>['security']> = {}): KafkaSecurity {
  const mechanism = sasl?.mechanism.toUpperCase() as NonNullable<KafkaSecurity['sasl']>['mechanism']
  return { ...(tls ? { tls } : {}), ...(sasl ? { sasl: { ...sasl, mechanism } } : {}) }
}
