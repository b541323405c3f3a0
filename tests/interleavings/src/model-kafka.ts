// What do the topics contain, and how far has each stage read them? By topic and order: what one
// order's key holds, in order. Orders overtake each other anyway.
import type { OrderEvent } from '@orderpipeline/order-events'
import { published } from './screening.ts'
import type { Published } from './screening.ts'

export class ModelKafka {
  readonly #logs = new Map<string, OrderEvent[]>()
  readonly #offsets = new Map<string, number>()

  publish(events: readonly OrderEvent[]): void {
    this.publishTo(events.map(published))
  }

  publishTo(messages: readonly Published[]): void {
    for (const { topic, event } of messages) {
      const log = `${topic}/${event.data.orderId}`
      this.#logs.set(log, [...(this.#logs.get(log) ?? []), event])
    }
  }

  /** The logs of these topics with something that the stage has not read. */
  unread(stage: string, topics: readonly string[]): string[] {
    return [...this.#logs]
      .filter(
        ([log, events]) => topics.includes(log.slice(0, log.indexOf('/'))) && this.#offset(stage, log) < events.length,
      )
      .map(([log]) => log)
  }

  next(stage: string, log: string): OrderEvent | undefined {
    return this.#logs.get(log)?.[this.#offset(stage, log)]
  }

  advance(stage: string, log: string): void {
    this.#offsets.set(`${stage} ${log}`, this.#offset(stage, log) + 1)
  }

  #offset(stage: string, log: string): number {
    return this.#offsets.get(`${stage} ${log}`) ?? 0
  }
}
