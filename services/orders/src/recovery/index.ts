// What brings back orders that a restored database has lost?
export { recoverOrders, type RecoveredOrders, type RecoveryOptions } from './recover-orders.ts'
