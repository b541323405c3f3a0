// What does the orders service offer to the processes and tests around it? (The gateway uses
// ./cancellation, ./catalogue, ./intake and ./queries; the recover-orders program is ./recovery.)
export { ordersStage } from './definition.ts'
export { cancellable, cancelled, decide, released, type Decision, type StoredParcel } from './stage/saga.ts'
export { receivedEntries, refundEntries, releaseEntries, statusEntry, type HistoryEvent } from './stage/timeline.ts'
