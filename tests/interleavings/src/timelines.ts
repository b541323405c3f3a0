// Does the history of a final order stay as it is? Stored as the orders stage writes it; any new
// entry to a final order is an error.
import type { OrderEvent, OrderStatus } from '@orderpipeline/order-events'
import { receivedEntries, refundEntries, releaseEntries, statusEntry } from '@orderpipeline/orders'
import type { Decision, HistoryEvent } from '@orderpipeline/orders'
import { isFinal } from '@orderpipeline/orders/queries'
import type { OrderHistory } from '@orderpipeline/orders/queries'

export class Timelines {
  readonly #states = new Map<string, OrderHistory>()
  readonly #paidOrdersChange: boolean

  /** Whether there are refunds of parts and disputes. */
  constructor(paidOrdersChange: boolean) {
    this.#paidOrdersChange = paidOrdersChange
  }

  placed(orderId: string): void {
    this.#states.set(orderId, { status: 'PLACED', timeline: [{ event: 'OrderPlaced' }] })
  }

  news(event: OrderEvent, before: OrderStatus, decision: Decision | undefined): void {
    for (const entry of receivedEntries(event, before, decision !== undefined))
      this.#write(event.data.orderId, entry.event)
    if (decision?.parcel) this.#parcel(event.data.orderId, decision.parcel)
    for (const entry of refundEntries(decision?.events ?? [], event.id, new Date(0)))
      this.#write(entry.orderId, entry.event)
    if (decision && decision.status !== before) this.ended(event.data.orderId, decision)
  }

  /** Staff has asked for a refund of a part. */
  requested(event: OrderEvent): void {
    this.#write(event.data.orderId, event.type)
  }

  /** Also for a change to any other status. */
  ended(orderId: string, decision: Decision): void {
    this.#write(orderId, statusEntry(orderId, decision, orderId, new Date(0)).event, decision)
  }

  released(orderId: string, { status }: Decision): void {
    for (const entry of releaseEntries(orderId, status, orderId, new Date(0)))
      this.#write(orderId, entry.event, { status })
  }

  has(orderId: string, event: HistoryEvent): boolean {
    return this.#states.get(orderId)?.timeline.some((each) => each.event === event) ?? false
  }

  isFinal(orderId: string): boolean {
    const state = this.#states.get(orderId)
    return state !== undefined && isFinal(state, this.#paidOrdersChange)
  }

  #parcel(orderId: string, parcel: NonNullable<OrderHistory['parcel']>): void {
    const state = this.#states.get(orderId)
    if (state) this.#states.set(orderId, { ...state, parcel })
  }

  #write(orderId: string, event: HistoryEvent, to?: Pick<OrderHistory, 'status' | 'reason'>): void {
    const current = this.#states.get(orderId) ?? { status: 'PLACED', timeline: [] }
    const isRepeat = current.timeline.some((each) => each.event === event)
    if (isFinal(current, this.#paidOrdersChange) && (to || !isRepeat))
      throw new Error(`${event} was written to an order that was final`)
    const { status, reason } = to ?? current
    const { parcel } = current
    const timeline = isRepeat ? current.timeline : [...current.timeline, { event }]
    this.#states.set(orderId, { status, ...(reason ? { reason } : {}), ...(parcel ? { parcel } : {}), timeline })
  }
}
