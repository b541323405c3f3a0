// How does a request reach the broker that it is for? One connection for each broker, made when
// first needed and again after it broke. When access itself is lost or refused, the next request
// starts again, credentials included. Every request is bounded in time, and a response with errors
// about some of its topics is a response.
import {
  apiVersionsV3,
  Connection,
  createPartitionsV3,
  createTopicsV7,
  deleteTopicsV6,
  describeConfigsV4,
  fetchV13,
  findCoordinatorV4,
  incrementalAlterConfigsV1,
  listGroupsV4,
  listOffsetsV7,
  metadataV12,
  offsetFetchV8,
  ResponseError,
} from '@platformatic/kafka'
import { KafkaUnavailableError, unavailable } from './unavailable.ts'

export interface KafkaSecurity {
  /** Certificates to trust, PEM; the public authorities when absent. */
  readonly tls?: {
    readonly ca?: string
    /** Shown to a broker that asks for one, PEM. */
    readonly client?: { readonly certificate: string; readonly key: string }
  }
  readonly sasl?: {
    readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
    readonly username: string
    readonly password: string
  }
}

export interface KafkaEndpoint {
  /** host:port, comma-separated. */
  readonly bootstrapServers: string
  /** Seen in the brokers' logs and quotas. */
  readonly clientId: string
  /** The bound of one request, or of one connection attempt before it. */
  readonly timeoutMs: number
  /** Called each time the connections are made again; its error is passed on. */
  readonly security?: () => Promise<KafkaSecurity>
}

/** A request of the Kafka protocol. */
interface Api<Arguments extends unknown[], Response> {
  readonly async: (connection: Connection, ...args: Arguments) => Promise<Response>
}

/** A broker's id; `any` that answers, or the one that leads the cluster. */
export type Recipient = number | 'any' | 'controller'

export interface KafkaConnection {
  /** @throws KafkaUnavailableError */
  request<Arguments extends unknown[], Response>(
    recipient: Recipient,
    api: Api<Arguments, Response>,
    ...args: Arguments
  ): Promise<Response>
  /** Brokers and the named topics; those that do not exist carry an error. */
  metadata(topics: readonly string[]): Promise<Metadata>
  close(): Promise<void>
}

export type Metadata = Awaited<ReturnType<typeof metadataV12.api.async>>

/**
 * The requests used here: a broker of Kafka 3.1 to 4.x knows all of them, and an older one is
 * recognized before it is misunderstood.
 */
const requiredApis = [
  metadataV12,
  describeConfigsV4,
  createTopicsV7,
  createPartitionsV3,
  deleteTopicsV6,
  incrementalAlterConfigsV1,
  listOffsetsV7,
  fetchV13,
  listGroupsV4,
  findCoordinatorV4,
  offsetFetchV8,
].map(({ api }) => api)

interface Session {
  readonly security: KafkaSecurity
  /** By broker id, `any` for the one that answered first. */
  readonly connections: Map<number | 'any', Promise<Connection>>
  brokers: ReadonlyMap<number, string>
  controllerId: number | undefined
}

function tlsOptions({ ca, client }: NonNullable<KafkaSecurity['tls']>) {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(client ? { cert: client.certificate, key: client.key } : {}),
  }
}

export function kafkaConnection(endpoint: KafkaEndpoint): KafkaConnection {
  return new BrokerConnections(endpoint).port()
}

class BrokerConnections {
  readonly #endpoint: KafkaEndpoint
  #session: Promise<Session> | undefined
  /** Why a connection broke. */
  readonly #connectionErrors = new WeakMap<Connection, unknown>()

  constructor(endpoint: KafkaEndpoint) {
    this.#endpoint = endpoint
  }

  port(): KafkaConnection {
    return {
      request: (recipient, api, ...args) => this.#request(recipient, api, ...args),
      metadata: async (topics) => {
        const answer = await this.#request('any', metadataV12.api, [...topics], false)
        const current = await this.#session?.catch(() => undefined)
        if (current) {
          current.brokers = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, `${host}:${port}`]))
          current.controllerId = answer.controllerId
        }
        return answer
      },
      close: () => this.#end(this.#session),
    }
  }

  async #begin(): Promise<Session> {
    return {
      security: (await this.#endpoint.security?.()) ?? {},
      connections: new Map(),
      brokers: new Map(),
      controllerId: undefined,
    }
  }

  async #open(server: string, security: KafkaSecurity): Promise<Connection> {
    const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(server.trim()) ?? []
    const connection = new Connection(this.#endpoint.clientId, {
      connectTimeout: Math.min(5_000, this.#endpoint.timeoutMs),
      requestTimeout: this.#endpoint.timeoutMs,
      ...(security.tls ? { tls: tlsOptions(security.tls) } : {}),
      ...(security.sasl ? { sasl: security.sasl } : {}),
    })
    // The request under way learns only that the connection closed. A broker that refuses a client
    // certificate, or the lack of one, says so after the handshake, and only here. An event without
    // a listener would end the process.
    connection.on('error', (error: unknown) => void this.#connectionErrors.set(connection, error))
    try {
      await connection.connect(host, Number(port))
      return connection
    } catch (error) {
      await connection.close().catch(() => undefined)
      throw unavailable(server, error)
    }
  }

  async #openAny({ security }: Session): Promise<Connection> {
    let last: unknown
    for (const server of this.#endpoint.bootstrapServers.split(',')) {
      try {
        const connection = await this.#open(server, security)
        await checkVersions(server, connection).catch((error: unknown) => {
          throw unavailable(server, this.#connectionErrors.get(connection) ?? error)
        })
        return connection
      } catch (error) {
        last = error
      }
    }
    throw unavailable(this.#endpoint.bootstrapServers, last)
  }

  /** A broker that is not known yet is reached through any other. */
  #keyOf(of: Session, recipient: Recipient): number | 'any' {
    const id = recipient === 'controller' ? of.controllerId : recipient
    return typeof id === 'number' && of.brokers.has(id) ? id : 'any'
  }

  #connected(of: Session, key: number | 'any'): Promise<Connection> {
    const connection =
      of.connections.get(key) ??
      (key === 'any' ? this.#openAny(of) : this.#open(of.brokers.get(key) ?? '', of.security))
    of.connections.set(key, connection)
    return connection
  }

  async #closeAll(connections: readonly Promise<Connection>[]): Promise<void> {
    await Promise.allSettled(connections.map(async (connection) => (await connection).close()))
  }

  async #end(pending: Promise<Session> | undefined): Promise<void> {
    if (this.#session === pending) this.#session = undefined
    const session = await pending?.catch(() => undefined)
    await this.#closeAll([...(session?.connections.values() ?? [])])
  }

  async #request<Arguments extends unknown[], Response>(
    recipient: Recipient,
    api: Api<Arguments, Response>,
    ...args: Arguments
  ): Promise<Response> {
    this.#session ??= this.#begin()
    const pending = this.#session
    const current = await pending.catch((error: unknown) => {
      if (this.#session === pending) this.#session = undefined
      throw error
    })
    const key = this.#keyOf(current, recipient)
    const connection = this.#connected(current, key)
    let openConnection: Connection | undefined
    try {
      openConnection = await connection
      return await api.async(openConnection, ...args)
    } catch (thrown) {
      if (thrown instanceof ResponseError) return thrown['response'] as Response
      const error = (openConnection && this.#connectionErrors.get(openConnection)) ?? thrown
      const failure = unavailable(
        typeof key === 'number' ? (current.brokers.get(key) ?? '') : this.#endpoint.bootstrapServers,
        error,
      )
      // Other connections may be in the middle of a response, so one broker that is unavailable
      // takes only its own connection with it.
      if (key === 'any' || failure.reason !== 'Unreachable') void this.#end(pending)
      else {
        if (current.connections.get(key) === connection) current.connections.delete(key)
        void this.#closeAll([connection])
      }
      throw failure
    }
  }
}

async function checkVersions(server: string, connection: Connection): Promise<void> {
  const { apiKeys } = await apiVersionsV3.api.async(connection, 'orderpipeline', '1')
  for (const { key, version } of requiredApis) {
    const supported = apiKeys.find(({ apiKey }) => apiKey === key)
    if (supported && supported.minVersion <= version && version <= supported.maxVersion) continue
    await connection.close().catch(() => undefined)
    const has = supported ? `versions ${supported.minVersion} to ${supported.maxVersion}` : 'none'
    const message = `${server}: Kafka 3.1 or newer is needed (request ${key}: the broker supports ${has}, this client sends version ${version})`
    throw new KafkaUnavailableError('VersionUnsupported', message)
  }
}
