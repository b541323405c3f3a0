// What does the orders service offer to the processes and tests around it? (The gateway uses
// ./cancellation, ./catalogue, ./intake and ./queries; the recover-orders program is ./recovery.)
export { ordersStage } from './definition.ts'
export { cancellable, cancelled, decide, released, type Decision, type StoredParcel } from './stage/saga.ts'
export { receivedEntries, refundEntries, releaseEntries, statusEntry, type HistoryEvent } from './stage/timeline.ts'
export { decideRefund, type RefundRequest } from './partial-refunds/decide-refund.ts'
export { noMoney, type Money } from './money/money.ts'
export { refundEvents } from './money/refund-events.ts'
