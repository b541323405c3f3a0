// Which processes form the platform while it is being killed? Every service as its own process,
// each with taps of its own towards everything it works with.
import { shopStages } from '@orderpipeline/stage/testing'
import type { ShopStage } from '@orderpipeline/stage/testing'
import { freePort } from '@orderpipeline/cluster/supervised'
import {
  gatewayEnvironment,
  mailEnvironment,
  mainOf,
  serviceEnvironment,
  stageEnvironment,
} from '@orderpipeline/test-support/environment'
import type { Environment } from '@orderpipeline/test-support/environment'
import { startHttpTap } from '@orderpipeline/test-support/http-tap'
import { kafkaConversation } from '@orderpipeline/test-support/kafka-wire'
import { startMailbox } from '@orderpipeline/test-support/mailbox'
import type { Mailbox } from '@orderpipeline/test-support/mailbox'
import type { WireEvent, WireObserver } from '@orderpipeline/test-support/wire-event'
import { postgresConversation } from '@orderpipeline/test-support/postgres-wire'
import { startProgram } from '@orderpipeline/test-support/program'
import type { Program } from '@orderpipeline/test-support/program'
import { startTap } from '@orderpipeline/test-support/tap'
import type { Tap } from '@orderpipeline/test-support/tap'

export interface ShopOptions {
  readonly databaseUrl: string
  readonly kafkaBootstrap: string
  /** Prefix of topics and groups. */
  readonly prefix: string
  /** `program`: the process of this moment; undefined where that process has been killed by now. */
  readonly watch: (service: string, event: WireEvent, program: Program | undefined) => boolean
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

export async function startShop(options: ShopOptions): Promise<Shop> {
  const { prefix } = options
  const programs = new Map<string, Program>()
  const taps: Tap[] = []
  const tapped = async (tap: Promise<Tap>): Promise<number> => {
    taps.push(await tap)
    return (await tap).port
  }
  /** For the process of the service that lives when a connection is made. */
  const observerOf = (service: string) => (): WireObserver => {
    const life = programs.get(service)?.life ?? 1
    return (event) => {
      const program = programs.get(service)
      return options.watch(service, event, program?.life === life && !program.killed ? program : undefined)
    }
  }
  const database = new URL(options.databaseUrl)
  const [brokerHost = '', brokerPort = ''] = options.kafkaBootstrap.split(':')
  const broker = { host: brokerHost, port: Number(brokerPort) }
  const throughTaps = async (service: string): Promise<Environment> => {
    const own = new URL(database)
    const store = { host: database.hostname, port: Number(database.port) }
    own.host = `127.0.0.1:${await tapped(startTap(store, postgresConversation, observerOf(service)))}`
    const kafka = startTap(broker, (observer, port) => kafkaConversation(broker, observer, port), observerOf(service))
    return serviceEnvironment({
      databaseUrl: own.href,
      kafkaBootstrap: `127.0.0.1:${await tapped(kafka)}`,
      prefix,
    })
  }
  const start = async (service: string, env: Environment): Promise<void> => {
    const all = { ...(await throughTaps(service)), ...env }
    programs.set(service, startProgram(service, mainOf(service), all, options.onDeath))
  }
  const stage = (name: ShopStage, env: Environment = {}): Promise<void> =>
    start(name, { ...stageEnvironment(name, prefix), ...env })

  const providerPort = await freePort()
  await start('payment-provider', {
    HTTP_PORT: String(providerPort),
    PROVIDER_LATENCY_MS: '100',
    PROVIDER_DECLINE_RATE: '0.1',
  })
  const providerTap = startHttpTap(new URL(`http://127.0.0.1:${providerPort}`), observerOf('payment'))
  const mailbox = await startMailbox(observerOf('notification'))
  const own: Partial<Record<ShopStage, Environment>> = {
    payment: {
      PAYMENT_PROVIDER_URL: `http://127.0.0.1:${await tapped(providerTap)}`,
      PAYMENT_BREAKER_OPEN_SECONDS: '1',
      PAYMENT_TIMEOUT_MS: '5000',
    },
    notification: mailEnvironment(mailbox.url),
  }
  for (const name of shopStages) await stage(name, own[name])
  const gatewayPort = await freePort()
  await start('gateway', gatewayEnvironment(gatewayPort))
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
