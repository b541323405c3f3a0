// What does a storm run on? The whole platform as processes of its own, with a link to PostgreSQL
// that can be made slow or silent, and a payment provider with a configurable behaviour.
import { Ledger } from '@orderpipeline/test-support/ledger'
import { shopStages, shopTopics, stageBench, testDatabase } from '@orderpipeline/stage/testing'
import type { Bench, ShopStage, TestDatabase } from '@orderpipeline/stage/testing'
import type { Behaviour } from '@orderpipeline/payment-provider'
import { freePort } from '@orderpipeline/cluster/supervised'
import {
  gatewayEnvironment,
  mailEnvironment,
  serviceEnvironment,
  stageEnvironment,
} from '@orderpipeline/test-support/environment'
import type { Environment } from '@orderpipeline/test-support/environment'
import { startMailbox } from '@orderpipeline/test-support/mailbox'
import type { Mailbox } from '@orderpipeline/test-support/mailbox'
import { startFaultyLink } from '@orderpipeline/test-support/faulty-link'
import type { FaultyLink } from '@orderpipeline/test-support/faulty-link'
import { createProcessGroup } from './process-group.ts'
import type { ProcessGroup } from './process-group.ts'

export interface StormEnvironmentOptions {
  /** A superuser's URL. */
  readonly postgresUrl: string
  readonly kafkaBootstrap: string
  readonly partitions: number
  readonly skus: number
  readonly onOutput: (name: string, text: string) => void
}

export interface StormEnvironment {
  readonly database: TestDatabase
  readonly bench: Bench
  readonly ledger: Ledger
  readonly mailbox: Mailbox
  readonly link: FaultyLink
  readonly processGroup: ProcessGroup
  readonly gatewayUrl: string
  join(stage: ShopStage, lasting?: boolean): Promise<void>
  behave(behaviour: Partial<Behaviour>): Promise<void>
  close(): Promise<void>
}

export async function startStormEnvironment(options: StormEnvironmentOptions): Promise<StormEnvironment> {
  const { postgresUrl, kafkaBootstrap, partitions, skus } = options
  const database = await testDatabase(postgresUrl, { seedProducts: skus, seedStockQuantity: 100_000_000 })
  const topics = [...shopTopics, ...shopStages.map((stage) => `${stage}.dead-letters`)]
  const bench = await stageBench({ kafkaBootstrap, databaseUrl: database.url, topics, partitions })
  const { prefix } = bench
  const direct = new URL(database.url)
  const link = await startFaultyLink({ host: direct.hostname, port: Number(direct.port) })
  const linked = new URL(direct)
  linked.host = `127.0.0.1:${link.port}`
  const mailbox = await startMailbox(() => () => false)
  const processGroup = createProcessGroup(options.onOutput)
  const common = serviceEnvironment({ databaseUrl: linked.href, kafkaBootstrap, prefix })
  const [providerPort, gatewayPort] = [await freePort(), await freePort()]
  const own = ownEnvironments(`http://127.0.0.1:${providerPort}`, mailbox.url)
  const join = async (stage: ShopStage, lasting = false): Promise<void> => {
    await processGroup.start(stage, { ...common, ...stageEnvironment(stage, prefix), ...own[stage] }, lasting)
  }
  // Its ledger is another company's: a fault of the shop's database does not concern it.
  const provider = {
    ...common,
    DATABASE_URL: direct.href,
    HTTP_PORT: String(providerPort),
    PROVIDER_DECLINE_RATE: '0.1',
  }
  await processGroup.start('payment-provider', provider, true)
  for (const stage of shopStages) await join(stage, true)
  await processGroup.start('gateway', { ...common, ...gatewayEnvironment(gatewayPort) }, true)
  const admin = new URL(postgresUrl)
  admin.pathname = direct.pathname
  const ledger = new Ledger(admin.href)
  return {
    ...{ database, bench, ledger, mailbox, link, processGroup, join },
    gatewayUrl: `http://127.0.0.1:${gatewayPort}`,
    behave: (behaviour) => behave(`http://127.0.0.1:${providerPort}`, behaviour),
    close: async () => {
      await link.restore()
      await processGroup.stop()
      await link.close()
      await mailbox.close()
      await ledger.close()
      await bench.close()
      await database.drop()
    },
  }
}

/**
 * A breaker that looks at the last ten calls and opens at half of them is open most of the time
 * where a third fails: of any ten, five or more fail in a fifth of all cases. Over a hundred calls
 * it opens when the provider is unavailable, and not by chance.
 */
function ownEnvironments(providerUrl: string, smtpUrl: string): Partial<Record<ShopStage, Environment>> {
  return {
    payment: {
      PAYMENT_PROVIDER_URL: providerUrl,
      PAYMENT_BREAKER_WINDOW: '100',
      PAYMENT_BREAKER_MIN_CALLS: '50',
      PAYMENT_BREAKER_OPEN_SECONDS: '5',
      PAYMENT_RETRY_BACKOFF_MS: '100',
      STAGE_CONCURRENCY: '50',
    },
    notification: mailEnvironment(smtpUrl),
  }
}

async function behave(providerUrl: string, behaviour: Partial<Behaviour>): Promise<void> {
  const response = await fetch(`${providerUrl}/v1/behaviour`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(behaviour),
    signal: AbortSignal.timeout(10_000),
  })
  if (!response.ok) throw new Error(`the provider answered ${response.status}: ${await response.text()}`)
}
