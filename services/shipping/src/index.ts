// What does the shipping service offer to the tests around it?
export { shippingStage } from './definition.ts'
export type { CarriedStatus, Carrier } from './carrier/carrier.ts'
export { lookAtParcels, nextParcelStatus, type ParcelStatus } from './parcels.ts'
export { httpCarrier } from './carrier/http-carrier.ts'
export { startSimulatedCarrier } from './simulated-carrier/simulated-carrier.ts'
export { nextStatus, planShipments, type ShipmentStatus } from './shipments.ts'
