// What is a Kafka record to the rest of the system, with the client library kept out of sight?

export type RecordHeaders = Readonly<Record<string, string>>

export interface ConsumedRecord {
  /** The topic's name in Kafka, prefix included. */
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** A header given more than once keeps its last value. */
  readonly headers: RecordHeaders
  /** Unix milliseconds, as the producer or the broker stamped it. */
  readonly timestamp: number
}

export interface OutgoingRecord {
  readonly topic: string
  readonly key: string | Buffer | null
  readonly value: string | Buffer | null
  readonly headers: RecordHeaders
}
