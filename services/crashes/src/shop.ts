// What does the platform consist of while it is being killed? Every service as its own process, each with taps of its own towards
// everything it works with.
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { consumedTopics, type ShopStage } from '@orderpipeline/kit-stage/testing'
import { startHttpTap } from './http-tap.ts'
import { kafkaConversation } from './kafka-wire.ts'
import { startMailbox } from './mailbox.ts'
import type { Mailbox } from './mailbox.ts'
import type { Moment, Seen } from './moment.ts'
import { postgresConversation } from './postgres-wire.ts'
import { startProgram } from './program.ts'
import type { Program } from './program.ts'
import { startTap } from './tap.ts'
import type { Tap } from './tap.ts'

export interface ShopOptions {
  readonly databaseUrl: string
  readonly kafkaBootstrap: string
  /** Of topics and groups. */
  readonly prefix: string
  /** `program`: whose moment it is; undefined where that process has been killed by now. */
  readonly watch: (service: string, moment: Moment, program: Program | undefined) => boolean
  readonly onDeath: (program: Program) => void
}

export interface Shop {
  readonly gatewayUrl: string
  readonly mailbox: Mailbox
  readonly programs: ReadonlyMap<string, Program>
  /** Exit codes by service, once all have drained. */
  stop(): Promise<Map<string, number | string>>
  close(): Promise<void>
}

type Environment = Readonly<Record<string, string>>

export async function startShop(options: ShopOptions): Promise<Shop> {
  const { prefix } = options
  const programs = new Map<string, Program>()
  const taps: Tap[] = []
  const tapped = async (tap: Promise<Tap>): Promise<number> => {
    taps.push(await tap)
    return (await tap).port
  }
  /** Of whichever process of the service lives when a connection is made. */
  const seenBy = (service: string) => (): Seen => {
    const life = programs.get(service)?.life ?? 1
    return (moment) => {
      const program = programs.get(service)
      return options.watch(service, moment, program?.life === life && !program.killed ? program : undefined)
    }
  }
  const database = new URL(options.databaseUrl)
  const [brokerHost = '', brokerPort = ''] = options.kafkaBootstrap.split(':')
  const broker = { host: brokerHost, port: Number(brokerPort) }
  const throughTaps = async (service: string): Promise<Environment> => {
    const own = new URL(database)
    const store = { host: database.hostname, port: Number(database.port) }
    own.host = `127.0.0.1:${await tapped(startTap(store, postgresConversation, seenBy(service)))}`
    const kafka = startTap(broker, (seen, port) => kafkaConversation(broker, seen, port), seenBy(service))
    const common = { METRICS_PORT: '0', LOG_LEVEL: 'warn', ORDERPIPELINE_PIPELINE: prefix.slice(0, -1) }
    return {
      ...common,
      DATABASE_URL: own.href,
      KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${await tapped(kafka)}`,
      KAFKA_TOPIC_PREFIX: prefix,
    }
  }
  const start = async (service: string, env: Environment): Promise<void> => {
    const main = new URL(`../../${service}/src/main.ts`, import.meta.url).pathname
    programs.set(service, startProgram(service, main, { ...(await throughTaps(service)), ...env }, options.onDeath))
  }
  const stage = (name: ShopStage, env: Environment = {}): Promise<void> =>
    start(name, {
      ORDERPIPELINE_STAGE: name,
      KAFKA_GROUP_ID: prefix + name,
      KAFKA_CONSUME_TOPICS: consumedTopics[name].map((topic) => prefix + topic).join(),
      KAFKA_DEAD_LETTER_TOPIC: `${prefix}${name}.dead-letters`,
      ...env,
    })

  const providerPort = await freePort()
  await start('payment-provider', {
    HTTP_PORT: String(providerPort),
    PROVIDER_LATENCY_MS: '100',
    PROVIDER_DECLINE_RATE: '0.1',
  })
  const providerTap = startHttpTap(new URL(`http://127.0.0.1:${providerPort}`), seenBy('payment'))
  await stage('payment', {
    PAYMENT_PROVIDER_URL: `http://127.0.0.1:${await tapped(providerTap)}`,
    PAYMENT_BREAKER_OPEN_SECONDS: '1',
    PAYMENT_TIMEOUT_MS: '5000',
  })
  await stage('orders')
  await stage('inventory')
  await stage('shipping')
  const mailbox = await startMailbox(seenBy('notification'))
  const mails = {
    SMTP_URL: mailbox.url,
    MAIL_FROM: 'shop@shop.test',
    MAIL_CHECK_SECONDS: '0.3',
    MAIL_TIMEOUT_SECONDS: '1',
  }
  await stage('notification', mails)
  const gatewayPort = await freePort()
  await start('gateway', {
    HTTP_PORT: String(gatewayPort),
    AUTH: 'none',
    RELAY_TAKE_OVER_SECONDS: '0.2',
    RELAY_POLL_SECONDS: '0.5',
    DRAIN_LINGER_SECONDS: '0',
  })
  return {
    gatewayUrl: `http://127.0.0.1:${gatewayPort}`,
    mailbox,
    programs,
    stop: async () => {
      const codes = [...programs].map(async ([name, program]) => [name, await program.stop()] as const)
      return new Map(await Promise.all(codes))
    },
    close: async () => {
      await Promise.all(taps.map((tap) => tap.close()))
      await mailbox.close()
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
