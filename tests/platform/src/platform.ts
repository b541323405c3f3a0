// How does a test run the whole order platform, with links it can weaken between it and everything
// it works with? The real gateway, stages, provider and mail server; and how are its books read at
// the end?
import { expect } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { flawless, Ledger } from '@orderpipeline/test-support/ledger'
import { gatewayConfig, startGateway } from '@orderpipeline/gateway'
import type { Gateway } from '@orderpipeline/gateway'
import { consumedTopics, shopStages, shopTopics } from '@orderpipeline/stage/testing'
import { stageBench, testDatabase, until } from '@orderpipeline/stage/testing'
import type { Bench, ShopStage, TestDatabase, TestStage } from '@orderpipeline/stage/testing'
import { silentLogger } from '@orderpipeline/process'
import { createRegistry } from '@orderpipeline/telemetry'
import { mailing, mailConfig } from '@orderpipeline/notification'
import { createProvider, guarded, withProviderMetrics, paymentConfig } from '@orderpipeline/payment'
import { providerConfig, startPaymentProvider } from '@orderpipeline/payment-provider'
import type { Behaviour, PaymentProvider } from '@orderpipeline/payment-provider'
import { isSettled } from '@orderpipeline/test-support/books'
import { kafkaConversation } from '@orderpipeline/test-support/kafka-wire'
import { startTap } from '@orderpipeline/test-support/tap'
import { mailServer } from '@orderpipeline/test-support/mail-server'
import type { MailServer } from '@orderpipeline/test-support/mail-server'
import { expectMailsMatchOrders } from '@orderpipeline/test-support/mail-books'
import { startFaultyLink } from '@orderpipeline/test-support/faulty-link'
import type { FaultyLink } from '@orderpipeline/test-support/faulty-link'
import { shopDefinition } from './shop-definitions.ts'
import type { ShopParts } from './shop-definitions.ts'

export interface PlatformOptions {
  /** A superuser's URL, to a server of the test's own; the run's unless given. */
  readonly postgres?: string
  readonly gateway?: Readonly<Record<string, string>>
  /** Besides those of the shop. */
  readonly topics?: readonly string[]
}

export interface StageOptions {
  /** Unless given, all that the stage consumes in the shop. */
  readonly consumes?: readonly string[]
  readonly orders?: ShopParts['orders']
  readonly inventory?: ShopParts['inventory']
  /** Between the payment stage and its provider. */
  readonly around?: (provider: ShopParts['provider']) => ShopParts['provider']
  readonly overrides?: Parameters<Bench['start']>[3]
}

export interface Platform {
  readonly links: Readonly<Record<'postgres' | 'kafka' | 'provider' | 'smtp', FaultyLink>>
  readonly database: TestDatabase
  readonly bench: Bench
  readonly gateway: Gateway
  readonly provider: PaymentProvider
  readonly mails: MailServer
  /** A replica, through the links. */
  start(stage: ShopStage, options?: StageOptions): TestStage
  startAll(): void
  behave(behaviour: Partial<Behaviour>): Promise<unknown>
  /** A figure of the payment stage's calls, summed over the lines that match. */
  providerCalls(matching: RegExp): Promise<number>
  breakerOpen(): boolean
  /** Resolves when every order has ended and nothing waits in any table or in Kafka. */
  settled(): Promise<void>
  /**
   * Expects that nothing is lost, doubled or stuck, that there is no dead letter, and that every
   * mail was sent once.
   */
  expectFlawless(accepted: readonly string[]): Promise<void>
  close(): Promise<void>
}

export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const adminUrl = options.postgres ?? postgresUrl()
  const database = await testDatabase(adminUrl, { seedProducts: 20, seedStockQuantity: 100_000 })
  const topics = [...shopTopics, ...shopStages.map((stage) => `${stage}.dead-letters`), ...(options.topics ?? [])]
  const bench = await stageBench({ kafkaBootstrap: kafkaBootstrap(), databaseUrl: database.url, topics })
  const provider = await startProvider(database)
  const mails = await mailServer()
  const broker = addressOf(`kafka://${kafkaBootstrap()}`)
  // Brokers publish their own address: in their answers this tap replaces it by the link's.
  const kafkaTap = await startTap(
    broker,
    (observer) => kafkaConversation(broker, observer, links.kafka.port),
    neverStops,
  )
  const links = {
    postgres: await startFaultyLink(addressOf(database.url)),
    kafka: await startFaultyLink({ host: '127.0.0.1', port: kafkaTap.port }),
    provider: await startFaultyLink(addressOf(provider.url)),
    smtp: await startFaultyLink(addressOf(mails.url)),
  }
  const databaseUrl = through(links.postgres, database.url)
  const kafka = `127.0.0.1:${links.kafka.port}`
  const gateway = await startGateway(
    gatewayConfig({
      ...{ HTTP_PORT: '0', METRICS_PORT: '0', DATABASE_URL: databaseUrl, KAFKA_BOOTSTRAP_SERVERS: kafka },
      ...{ KAFKA_TOPIC_PREFIX: bench.prefix, KAFKA_GROUP_PREFIX: bench.prefix },
      ...{ RELAY_TAKE_OVER_SECONDS: '0.2', RELAY_POLL_SECONDS: '0.5', DRAIN_LINGER_SECONDS: '0' },
      ...{ AUTH: 'none', QUEUES_CACHE_SECONDS: '0.2' },
      ...options.gateway,
    }),
    silentLogger(),
  )
  const own = new URL(adminUrl)
  own.pathname = new URL(database.url).pathname
  const ledger = new Ledger(own.href)
  const payments = guardedPayments(links.provider)
  const start = (stage: ShopStage, { around, overrides, ...stageOptions }: StageOptions = {}): TestStage =>
    bench.start(
      stage,
      stageOptions.consumes ?? consumedTopics[stage],
      shopDefinition(stage, {
        ...stageOptions,
        provider: around?.(payments.provider) ?? payments.provider,
        mailing: mailsBy(links.smtp),
      }),
      { KAFKA_BOOTSTRAP_SERVERS: [kafka], DATABASE_URL: databaseUrl, ...overrides },
    )
  const books = { database, bench, ledger, mails }
  return {
    ...{ links, database, bench, gateway, provider, mails, start },
    startAll: () => shopStages.forEach((stage) => start(stage)),
    behave: (behaviour) => behave(provider, behaviour),
    providerCalls: payments.calls,
    breakerOpen: () => payments.provider.open,
    settled: () => until(() => isSettled(books), 250),
    expectFlawless: (accepted) => expectFlawless(books, accepted),
    close: async () => {
      for (const link of Object.values(links)) await link.restore()
      for (const closer of gateway.closers) await closer.close()
      await bench.close()
      for (const link of Object.values(links)) await link.close()
      await kafkaTap.close()
      for (const closer of provider.closers) await closer.close()
      await mails.close()
      await ledger.close()
      await database.drop()
    },
  }
}

function neverStops() {
  return () => false
}
function addressOf(url: string) {
  return { host: new URL(url).hostname, port: Number(new URL(url).port) }
}
export function through(link: FaultyLink, url: string): string {
  const linked = new URL(url)
  linked.host = `127.0.0.1:${link.port}`
  return linked.href
}

function startProvider(database: TestDatabase): Promise<PaymentProvider> {
  const settings = { HTTP_PORT: '0', METRICS_PORT: '0', PROVIDER_LATENCY_MS: '20', PROVIDER_DECLINE_RATE: '0.1' }
  return startPaymentProvider(providerConfig({ ...settings, DATABASE_URL: database.url }), silentLogger())
}
function behave(provider: PaymentProvider, behaviour: Partial<Behaviour>): Promise<unknown> {
  return fetch(`${provider.url}/v1/behaviour`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(behaviour),
  })
}

/** As in the payment stage's own process, only less patient. */
function guardedPayments(link: FaultyLink) {
  const registry = createRegistry()
  const { guard, ...settings } = paymentConfig({
    PAYMENT_PROVIDER_URL: `http://127.0.0.1:${link.port}`,
    PAYMENT_TIMEOUT_MS: '1000',
    PAYMENT_RETRY_BACKOFF_MS: '100',
    PAYMENT_BREAKER_OPEN_SECONDS: '2',
  })
  return {
    provider: guarded(withProviderMetrics(createProvider(settings), registry), guard),
    calls: async (matching: RegExp): Promise<number> => {
      const lines = (await registry.metrics()).split('\n').filter((line) => matching.test(line))
      return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
    },
  }
}

function mailsBy(link: FaultyLink) {
  const options = mailConfig({
    SMTP_URL: `smtp://127.0.0.1:${link.port}`,
    MAIL_FROM: 'shop@shop.test',
    MAIL_TIMEOUT_SECONDS: '1',
    MAIL_CHECK_SECONDS: '0.3',
  })
  return options && mailing(options, { now: () => new Date(), logger: silentLogger(), registry: createRegistry() })
}

interface Books {
  readonly database: TestDatabase
  readonly bench: Bench
  readonly ledger: Ledger
  readonly mails: MailServer
}

async function expectFlawless({ database, bench, ledger, mails }: Books, accepted: readonly string[]): Promise<void> {
  const audit = await ledger.audit(accepted)
  expect(audit).toEqual(flawless(audit))
  expect(audit.shipped).toBeGreaterThan(0)
  expect(await database.ask('orders', 'SELECT count(*) FROM orders')).toEqual([{ count: accepted.length }])
  for (const stage of shopStages) expect(await bench.records(`${stage}.dead-letters`)).toEqual([])
  await expectMailsMatchOrders(database, new Set(mails.received.map(({ messageId }) => messageId)))
}
