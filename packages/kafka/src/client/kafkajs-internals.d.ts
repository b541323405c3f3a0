// Which insides of kafkajs 2.2.4 are mended in kafkajs-patches.ts and waiting-fetches.ts? Types of
// those parts alone.
declare module 'kafkajs/src/network/requestQueue/index.js' {
  interface Request {
    readonly sentAt: number | null
    readonly requestTimeout: number
    timeoutRequest(): void
  }

  export default class RequestQueue {
    readonly pending: readonly unknown[]
    readonly inflight: ReadonlyMap<number, Request>
    readonly enforceRequestTimeout: boolean
    readonly requestTimeout: number
    readonly isConnected: () => boolean
    requestTimeoutIntervalId: NodeJS.Timeout | undefined
    scheduleCheckPendingRequests(): void
    scheduleRequestTimeoutCheck(): void
    rejectAll(error: Error): void
    destroy(): void
  }
}

declare module 'kafkajs/src/network/connection.js' {
  import type { Socket } from 'node:net'
  import type RequestQueue from 'kafkajs/src/network/requestQueue/index.js'

  export default class Connection {
    readonly requestQueue: RequestQueue
    readonly socket: Socket | undefined
    /** What has arrived of the next response. */
    chunks: Buffer[]
    bytesBuffered: number
    bytesNeeded: number
    isConnected(): boolean
    isAuthenticated(): boolean
    authenticate(): Promise<void>
    connect(): Promise<boolean>
    disconnect(): Promise<boolean>
    processData(data: Buffer): void
  }
}

declare module 'kafkajs/src/broker/index.js' {
  import type Connection from 'kafkajs/src/network/connection.js'

  interface FetchRequest {
    readonly maxWaitTime: number
  }

  export default class Broker {
    readonly connectionPool: { getConnection(index: number): Promise<Connection> }
    fetch(request: FetchRequest): Promise<{ readonly responses: readonly unknown[] }>
  }
}

declare module 'kafkajs/src/consumer/consumerGroup.js' {
  import type Broker from 'kafkajs/src/broker/index.js'

  interface Batch {
    isEmpty(): boolean
    isEmptyDueToFiltering(): boolean
  }

  export default class ConsumerGroup {
    readonly memberId: string | null
    readonly cluster: {
      readonly brokerPool: { readonly brokers: Readonly<Record<string, Broker>>; readonly metadata: unknown }
    }
    readonly partitionsPerSubscribedTopic: unknown
    connect(): Promise<void>
    joinAndSync(): Promise<void>
    leave(): Promise<void>
    fetch(nodeId: string): Promise<Batch[]>
    resume(partitions: readonly unknown[]): void
    checkForStaleAssignment(): void
  }
}

declare module 'kafkajs/src/consumer/runner.js' {
  import type ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js'

  export default class Runner {
    readonly consumerGroup: ConsumerGroup
    running: boolean
    readonly onCrash: (error: unknown) => Promise<void>
    start(): Promise<void>
    scheduleFetchManager(): void
    fetch(nodeId: string): Promise<unknown[]>
    heartbeat(): Promise<void>
    stop(): Promise<void>
  }
}
