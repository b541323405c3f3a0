// What does a running payment provider consist of? Its HTTP side and its ledger.
import { randomUUIDv7 } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPool } from '@orderpipeline/postgres'
import { databaseSettings } from '@orderpipeline/config'
import { Counter, createRegistry, Gauge, startMetricsServer, startTracing } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import type { Closer, Logger } from '@orderpipeline/process'
import { buildApp } from './app.ts'
import type { Behaviour } from './behaviour.ts'
import { createCharges } from './charges.ts'
import { createDisputes } from './disputes.ts'
import type { ProviderConfig } from './config.ts'
import { createLedger } from './ledger.ts'
import { createRefunds } from './refunds.ts'
import { readinessCheck } from './sql/charges.ts'

export interface PaymentProvider {
  readonly url: string
  readonly metricsUrl: string
  /** In the order in which they must be closed. */
  readonly closers: readonly Closer[]
}

const chance = {
  newId: randomUUIDv7,
  random: Math.random,
  sleep: async (milliseconds: number) => sleep(milliseconds),
}

const httpLimits = {
  bodyLimitBytes: 16_384,
  requestTimeoutMs: 10_000,
  // Longer than the longest latency: a connection that only waits for its answer counts as idle.
  connectionTimeoutMs: 300_000,
  keepAliveTimeoutMs: 30_000,
  connectionMaxAgeMs: 300_000,
}

/** `onMisconfigured`: called with a variable that is wrong, where only the database shows it. */
export async function startPaymentProvider(
  config: ProviderConfig,
  logger: Logger,
  onMisconfigured?: (problem: string) => void,
): Promise<PaymentProvider> {
  const registry = createRegistry()
  const tracing = await startTracing(config, { service: 'payment-provider' }, logger)
  const database = openDatabase(config, logger, onMisconfigured)
  const behaviour = { current: behaviourOf(config) }
  const ledger = createLedger(database)
  const simulation = { ...chance, behaviour: () => behaviour.current }
  const charges = measuredCharges({ ledger, ...simulation, maxActive: config.PROVIDER_MAX_ACTIVE }, registry)
  const http = buildApp({
    logger,
    registry,
    tracing,
    charges,
    ledger,
    refunds: createRefunds({ database, ...simulation }),
    disputes: createDisputes(database, simulation.newId),
    behaviour,
    ...httpLimits,
  })
  let draining = false
  const metrics = await startMetricsServer({
    port: config.METRICS_PORT,
    host: config.LISTEN_ADDRESS,
    registry,
    ready: async () => {
      if (draining) return 'draining'
      await database.query(readinessCheck)
      return true
    },
  })
  await http.app.listen({ port: config.HTTP_PORT, host: config.LISTEN_ADDRESS })
  const { port } = http.app.server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    metricsUrl: `http://127.0.0.1:${metrics.port}`,
    closers: [
      {
        name: 'http',
        close: async () => {
          draining = true
          http.announceClosing()
          await http.app.close()
        },
      },
      { name: 'ledger', close: () => ledger.close() },
      { name: 'database', close: () => database.close() },
      { name: 'traces', close: () => tracing?.close() },
      { name: 'metrics', close: () => metrics.close() },
    ],
  }
}

function openDatabase(config: ProviderConfig, logger: Logger, onMisconfigured?: (problem: string) => void) {
  return createPool({
    ...databaseSettings(config),
    role: 'payment_provider',
    size: config.DATABASE_POOL_SIZE,
    onIdleError: (error) => logger.warn({ error }, 'a database connection was lost'),
    onUndeclaredPooler: onMisconfigured,
  })
}

function measuredCharges(
  parts: Omit<Parameters<typeof createCharges>[0], 'onActive' | 'onCharged'>,
  registry: Registry,
) {
  const { active, charged } = chargeMetrics(registry)
  return createCharges({
    ...parts,
    onActive: (count) => active.set(count),
    onCharged: ({ status }) => charged.inc({ status }),
  })
}

function chargeMetrics(registry: Registry) {
  const registers = [registry]
  const active = new Gauge({ name: 'charges_active', help: 'Charges in progress.', registers })
  const charged = new Counter({
    name: 'charges_total',
    help: 'Charges stored in the ledger.',
    labelNames: ['status'] as const,
    registers,
  })
  return { active, charged }
}

function behaviourOf(config: ProviderConfig): Behaviour {
  return {
    latencyMs: config.PROVIDER_LATENCY_MS,
    jitterMs: config.PROVIDER_JITTER_MS,
    errorRate: config.PROVIDER_ERROR_RATE,
    declineRate: config.PROVIDER_DECLINE_RATE,
  }
}
