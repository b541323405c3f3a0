// What does shipping need from a carrier? A label under the order's id, to void it, and the status
// of its parcels; a repeated request never makes a second label.
import type { OrderItem } from '@orderpipeline/order-events'

export interface LabelRequest {
  /** Also the idempotency key: one label an order. */
  readonly orderId: string
  readonly items: readonly OrderItem[]
}

export interface Label {
  readonly carrier: string
  readonly trackingNumber: string
  /** Where the customer follows the parcel. */
  readonly trackingUrl?: string | undefined
  /** What is stuck on the parcel. */
  readonly labelUrl?: string | undefined
}

/**
 * DELIVERY_FAILED: the carrier could not hand it over, and tries again or brings it back. RETURNED:
 * it is back with the shop.
 */
export const carriedStatuses = ['UNDERWAY', 'DELIVERY_FAILED', 'DELIVERED', 'RETURNED'] as const
export type CarriedStatus = (typeof carriedStatuses)[number]

export interface Carrier {
  /** @throws CarrierError */
  label(request: LabelRequest, signal: AbortSignal): Promise<Label>
  /** Takes back the order's label, if it has one. @throws CarrierError */
  void(orderId: string, signal: AbortSignal): Promise<void>
  /** By tracking number; one that it does not know is left out. @throws CarrierError */
  statuses(trackingNumbers: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, CarriedStatus>>
}

/**
 * `Refused`: it understood and will not (400, 422): the order's own fault. Everything else is the
 * carrier's or our own set-up, and is waited out.
 */
export type CarrierFailure = 'Unreachable' | 'Busy' | 'Misconfigured' | 'Refused'

export class CarrierError extends Error {
  override readonly name = 'CarrierError'
  readonly reason: CarrierFailure
  readonly retry: boolean
  readonly outage: boolean
  constructor(reason: CarrierFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
    this.retry = reason !== 'Refused'
    this.outage = this.retry
  }
}
