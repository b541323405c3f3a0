// What does this package export for the tests of other packages? main.ts is the service itself.
export { shippingStage } from './definition.ts'
export type { CarriedStatus, Carrier } from './carrier/carrier.ts'
export { updateParcels, nextParcelStatus, type ParcelStatus } from './parcels.ts'
export { httpCarrier } from './carrier/http-carrier.ts'
export { startSimulatedCarrier } from './simulated-carrier/simulated-carrier.ts'
export { nextStatus, planShipments, type ShipmentStatus } from './shipments.ts'
