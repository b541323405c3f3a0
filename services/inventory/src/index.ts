// What does the inventory service offer to the tests around it?
export { inventoryStage } from './definition.ts'
