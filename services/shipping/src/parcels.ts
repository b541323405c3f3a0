// What happens to a parcel? Its carrier is asked about those under way, now and then; what has
// changed is published, then noted. The label of a cancelled shipment is voided.
import { Counter } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import { eventOf } from '@orderpipeline/order-events'
import type { EventOf, OrderEvent } from '@orderpipeline/order-events'
import type { PeriodicTask } from '@orderpipeline/stage'
import type { Pool } from '@orderpipeline/postgres'
import type { CarriedStatus, Carrier } from './carrier/carrier.ts'
import type { ShipmentStatus } from './shipments.ts'
import { claimParcels, noteParcels } from './sql/parcels.ts'

export interface ParcelOptions {
  readonly carrier: Carrier
  /** Between two questions about one parcel. */
  readonly statusIntervalSeconds: number
}

export type ParcelStatus = CarriedStatus | 'VOIDED'

export interface Parcel {
  readonly order_id: string
  readonly customer_id: string
  readonly shipment_id: string
  readonly shipment_status: ShipmentStatus
  readonly status: ParcelStatus
  readonly carrier: string
  readonly tracking_number: string
  readonly tracking_url: string | null
}

type ParcelEventType = 'ParcelDelivered' | 'ParcelDeliveryFailed' | 'ParcelReturned'
const eventTypeOf: Readonly<Record<CarriedStatus, ParcelEventType | undefined>> = {
  UNDERWAY: undefined,
  DELIVERED: 'ParcelDelivered',
  DELIVERY_FAILED: 'ParcelDeliveryFailed',
  RETURNED: 'ParcelReturned',
}

/** It has ended. */
export function hasParcelEnded(status: ParcelStatus): boolean {
  return status === 'DELIVERED' || status === 'RETURNED' || status === 'VOIDED'
}

/**
 * The status that follows; the same where nothing is new. A carrier that repeats that it is under
 * way has not yet failed twice, and one that changes the end of a parcel is too late.
 */
export function nextParcelStatus(current: ParcelStatus, carrierStatus: CarriedStatus | undefined): ParcelStatus {
  if (carrierStatus === undefined || carrierStatus === 'UNDERWAY' || hasParcelEnded(current)) return current
  return carrierStatus
}

const atOnce = 100
const leaseSeconds = 120

/** Returns the number of parcels in this look. */
export async function updateParcels(
  database: Pool,
  { carrier, statusIntervalSeconds }: ParcelOptions,
  now: Date,
  publish: (events: readonly OrderEvent[]) => Promise<void>,
  onChange: (status: ParcelStatus) => void = () => undefined,
): Promise<number> {
  const parcels = await database.query<Parcel>(claimParcels, [leaseSeconds, atOnce])
  if (parcels.length === 0) return 0
  const signal = AbortSignal.timeout(leaseSeconds * 500)
  const recalledParcels = parcels.filter(({ shipment_status: of }) => of === 'RECALLED' || of === 'CANCELLED_EARLY')
  for (const { order_id } of recalledParcels) await carrier.void(order_id, signal)
  const dispatchedParcels = parcels.filter(({ shipment_status: of }) => of === 'DISPATCHED')
  const numbers = dispatchedParcels.map(({ tracking_number }) => tracking_number)
  const carrierStatuses = numbers.length === 0 ? undefined : await carrier.statuses(numbers, signal)
  const next = new Map<string, ParcelStatus>([
    ...recalledParcels.map(({ order_id }) => [order_id, 'VOIDED'] as const),
    ...dispatchedParcels.map(
      (one) => [one.order_id, nextParcelStatus(one.status, carrierStatuses?.get(one.tracking_number))] as const,
    ),
  ])
  const changedParcels = dispatchedParcels.filter(({ order_id, status }) => next.get(order_id) !== status)
  const events = changedParcels.flatMap((one) => eventsOf(one, next.get(one.order_id), now))
  if (events.length > 0) await publish(events)
  const statuses = parcels.map((one) => next.get(one.order_id) ?? one.status)
  await database.query(noteParcels, [
    parcels.map(({ order_id }) => order_id),
    statuses,
    statuses.map((status) => (hasParcelEnded(status) ? null : statusIntervalSeconds)),
  ])
  for (const one of [...changedParcels, ...recalledParcels]) onChange(next.get(one.order_id) ?? one.status)
  return parcels.length
}

function eventsOf(one: Parcel, status: ParcelStatus | undefined, now: Date): EventOf<ParcelEventType>[] {
  const type = status === undefined || status === 'VOIDED' ? undefined : eventTypeOf[status]
  if (type === undefined) return []
  const parcel = {
    carrier: one.carrier,
    trackingNumber: one.tracking_number,
    ...(one.tracking_url === null ? {} : { trackingUrl: one.tracking_url }),
  }
  const about = { orderId: one.order_id, customerId: one.customer_id, shipmentId: one.shipment_id }
  return [eventOf(type, { ...about, parcel }, { source: '/shipping', now })]
}

const everySeconds = 10

export function parcelsTask(options: ParcelOptions, now: () => Date, registry?: Registry): PeriodicTask {
  const counter = registry && parcelCounter(registry)
  return {
    name: 'parcels',
    everyMs: Math.min(everySeconds, options.statusIntervalSeconds) * 1_000,
    run: async ({ database, publish, stopping }) => {
      const look = () => updateParcels(database, options, now(), publish, (status) => counter?.inc({ status }))
      while ((await look()) === atOnce && !stopping.aborted);
    },
  }
}

function parcelCounter(registry: Registry) {
  return new Counter({
    name: 'shipping_parcels_total',
    help: 'Parcels by outcome; one whose first delivery failed counts twice',
    labelNames: ['status'] as const,
    registers: [registry],
  })
}
