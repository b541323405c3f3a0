// Which two ways does an order take in the comparison, and what runs for each?
import { createTopics } from '@orderpipeline/kafka'
import { consumedTopics, shopStages, shopTopics } from '@orderpipeline/stage/testing'
import { silentLogger } from '@orderpipeline/process'
import { chainServiceNames } from './chain.ts'
import type { ChainService, Next } from './chain.ts'
import { freePort } from '@orderpipeline/cluster/supervised'
import type { Processes } from './processes.ts'

/** What both use. `atOnce`: charges that may be under way, the same for both. */
export interface SharedServices {
  readonly databaseUrl: string
  readonly providerUrl: string
  readonly atOnce: number
  readonly processes: Processes
}

function at(port: number): string {
  return `http://127.0.0.1:${port}`
}

/** Returns the URL to which orders are posted. */
export async function startChain({ databaseUrl, providerUrl, processes }: SharedServices): Promise<string> {
  const names = chainServiceNames.toReversed()
  const ports = new Map(await Promise.all(names.map(async (name) => [name, await freePort()] as const)))
  const url = (name: ChainService): string => at(ports.get(name) ?? 0)
  const urls = Object.fromEntries(names.map((name) => [name, url(name)])) as Record<ChainService, string>
  const next: Next = { ...urls, provider: providerUrl }
  for (const name of names) {
    const env = { SERVICE: name, NEXT: JSON.stringify(next), HTTP_PORT: String(ports.get(name)) }
    const database = { DATABASE_URL: databaseUrl, DATABASE_POOL_SIZE: '20' }
    await processes.start('bench/src/sync-async/chain-main.ts', { ...env, ...database }, `${url(name)}/readyz`)
  }
  return `${url('orders')}/v1/orders`
}

export interface Topics {
  /** What the names of topics and consumer groups begin with. */
  readonly prefix: string
  readonly partitions: number
}

export const usualTopics: Topics = { prefix: 'bench.', partitions: 12 }

/** What switches classes of orders on (docs/guides/priorities.md). */
export interface Classes {
  readonly gateway: Readonly<Record<string, string>>
  readonly payment: Readonly<Record<string, string>>
}
const noClasses: Classes = { gateway: {}, payment: {} }
/** With it half of the hundred products, which cost from 5.13 to 86.42, make a high order. */
export const highAndStandard: Classes = {
  gateway: { PRIORITY_HIGH_FROM: 'EUR=5270' },
  payment: { STAGE_PRIORITY_WEIGHTS: '8:4:1' },
}

/** One replica of each service. Returns the URL to which orders are posted. */
export async function startPlatform(
  ground: SharedServices,
  kafkaBootstrap: string,
  { topics = usualTopics, classes = noClasses }: { readonly topics?: Topics; readonly classes?: Classes } = {},
): Promise<string> {
  const { databaseUrl, providerUrl, processes, atOnce } = ground
  const { prefix } = topics
  await makeTopics(kafkaBootstrap, topics)
  const common = commonVariables(databaseUrl, kafkaBootstrap, prefix)
  const starts = shopStages.map(async (stage) => {
    const metricsPort = await freePort()
    const env = {
      ...common,
      ORDERPIPELINE_STAGE: stage,
      KAFKA_GROUP_ID: prefix + stage,
      KAFKA_CONSUME_TOPICS: consumedTopics[stage].map((topic) => prefix + topic).join(),
      KAFKA_DEAD_LETTER_TOPIC: `${prefix}${stage}.dead-letters`,
      METRICS_PORT: String(metricsPort),
      STAGE_CONCURRENCY: String(atOnce),
      PAYMENT_PROVIDER_URL: providerUrl,
      PAYMENT_EXPECTED_MS: '3000',
      PAYMENT_RATE_PER_SECOND: '100000', // the chain has no limit either
      ...(stage === 'payment' ? classes.payment : {}),
    }
    await processes.start(`services/${stage}/src/main.ts`, env, `${at(metricsPort)}/readyz`)
  })
  await Promise.all(starts)
  return startGateway({ ...common, ...classes.gateway }, processes)
}

/** The gateway alone, with its relay. Returns the URL to which orders are posted. */
export async function startGatewayAlone(
  { databaseUrl, processes }: Pick<SharedServices, 'databaseUrl' | 'processes'>,
  kafkaBootstrap: string,
  topics: Topics,
): Promise<string> {
  await makeTopics(kafkaBootstrap, topics)
  return startGateway(commonVariables(databaseUrl, kafkaBootstrap, topics.prefix), processes)
}

async function makeTopics(kafkaBootstrap: string, { prefix, partitions }: Topics): Promise<void> {
  const names = [...shopTopics, ...shopStages.map((stage) => `${stage}.dead-letters`)]
  await createTopics(
    { brokers: [kafkaBootstrap], clientId: 'bench' },
    names.map((topic) => ({ topic: prefix + topic, partitions })),
    silentLogger(),
  )
}

function commonVariables(databaseUrl: string, kafkaBootstrap: string, prefix: string) {
  return {
    ...{ DATABASE_URL: databaseUrl, KAFKA_BOOTSTRAP_SERVERS: kafkaBootstrap, KAFKA_TOPIC_PREFIX: prefix },
    ...{ ORDERPIPELINE_PIPELINE: 'bench', LOG_LEVEL: 'error' },
  }
}

async function startGateway(common: Readonly<Record<string, string>>, processes: Processes): Promise<string> {
  const port = await freePort()
  const env = { ...common, AUTH: 'none', HTTP_PORT: String(port), METRICS_PORT: '0', DRAIN_LINGER_SECONDS: '0' }
  await processes.start('services/gateway/src/main.ts', env, `${at(port)}/openapi.json`)
  return `${at(port)}/v1/orders`
}
