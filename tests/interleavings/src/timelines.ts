// Does the history of an order that is said to be final stay as it is? Kept as the orders stage
// writes it, and an error as soon as anything new is written to what was final.
import type { EventType, OrderEvent, OrderStatus } from '@orderpipeline/order-events'
import { answered, changed, heard, type Decision } from '@orderpipeline/orders'
import { isFinal, type Told } from '@orderpipeline/orders/queries'

export class Timelines {
  readonly #told = new Map<string, Told>()

  placed(orderId: string): void {
    this.#told.set(orderId, { status: 'PLACED', timeline: [{ event: 'OrderPlaced' }] })
  }

  news(event: OrderEvent, before: OrderStatus, decision: Decision | undefined): void {
    for (const entry of heard(event, before, decision !== undefined)) this.#write(event.data.orderId, entry.event)
    if (decision?.parcel) this.#parcel(event.data.orderId, decision.parcel)
    for (const entry of answered(decision?.events ?? [], event.id, new Date(0))) this.#write(entry.orderId, entry.event)
    if (decision && decision.status !== before) this.ended(event.data.orderId, decision)
  }

  /** Or came to any other status. */
  ended(orderId: string, decision: Decision): void {
    this.#write(orderId, changed(orderId, decision, orderId, new Date(0)).event, decision)
  }

  isFinal(orderId: string): boolean {
    const told = this.#told.get(orderId)
    return told !== undefined && isFinal(told)
  }

  #parcel(orderId: string, parcel: NonNullable<Told['parcel']>): void {
    const told = this.#told.get(orderId)
    if (told) this.#told.set(orderId, { ...told, parcel })
  }

  #write(orderId: string, event: EventType, to?: Pick<Told, 'status' | 'reason'>): void {
    const told = this.#told.get(orderId) ?? { status: 'PLACED', timeline: [] }
    const known = told.timeline.some((each) => each.event === event)
    if (isFinal(told) && (to || !known)) throw new Error(`${event} was written to an order that was final`)
    const { status, reason } = to ?? told
    const { parcel } = told
    const timeline = known ? told.timeline : [...told.timeline, { event }]
    this.#told.set(orderId, { status, ...(reason ? { reason } : {}), ...(parcel ? { parcel } : {}), timeline })
  }
}
