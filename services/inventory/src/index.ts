// What does the inventory service offer to the tests around it?
export { allocate, type Quantities, type ReservationStatus } from './allocation.ts'
export { askAboutExpired } from './expiry.ts'
export { inventoryStage } from './definition.ts'
export { restock, type Delivery } from './restock.ts'
