// Which insides of kafkajs 2.2.4 are mended in kafkajs-patches.ts? Types of those parts alone.
declare module 'kafkajs/src/network/requestQueue/index.js' {
  export default class RequestQueue {
    readonly pending: readonly unknown[]
    scheduleCheckPendingRequests(): void
  }
}

declare module 'kafkajs/src/consumer/consumerGroup.js' {
  export default class ConsumerGroup {
    readonly memberId: string | null
    joinAndSync(): Promise<void>
  }
}
