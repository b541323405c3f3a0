// How is a request put to whichever broker answers? One connection, made when first needed and again after it broke; every
// request bounded in time; an answer with errors about some of its topics is an answer.
import { Connection, ResponseError } from '@platformatic/kafka'
import { KafkaUnavailable } from './topic-admin.ts'

const clientId = 'topic-operator-stand-in'

/** A request of the Kafka protocol. */
interface Api<Arguments extends unknown[], Response> {
  readonly async: (connection: Connection, ...args: Arguments) => Promise<Response>
}

export interface KafkaConnection {
  request<Arguments extends unknown[], Response>(api: Api<Arguments, Response>, ...args: Arguments): Promise<Response>
  close(): Promise<void>
}

export function kafkaConnection(bootstrapServers: string, requestTimeoutMs: number): KafkaConnection {
  let open: Connection | undefined

  async function connected(): Promise<Connection> {
    if (open?.isConnected()) return open
    let last: unknown = new Error('no bootstrap servers')
    for (const server of bootstrapServers.split(',')) {
      const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(server.trim()) ?? []
      const connection = new Connection(clientId, { connectTimeout: 5_000, requestTimeout: requestTimeoutMs })
      connection.on('error', () => undefined) // told to the request under way; an unheard event would end the process
      try {
        await connection.connect(host, Number(port))
        open = connection
        return connection
      } catch (error) {
        last = error
      }
    }
    throw last
  }

  return {
    async request(api, ...args) {
      try {
        return await api.async(await connected(), ...args)
      } catch (error) {
        if (error instanceof ResponseError) return error['response'] as Awaited<ReturnType<typeof api.async>>
        await open?.close().catch(() => undefined)
        open = undefined
        throw new KafkaUnavailable(error)
      }
    },
    async close() {
      await open?.close()
    },
  }
}
