// What does the shipping service offer to the tests around it?
export { shippingStage } from './definition.ts'
export { nextStatus, planShipments, type ShipmentStatus } from './shipments.ts'
