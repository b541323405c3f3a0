// How is an order cancelled? By the customer through the gateway, or by its deadline; decided here
// under the order's row lock.
export { cancelOrder, type Cancellation, type CancellationRequest, type CancellationContext } from './cancel-order.ts'
export { orderTimer, type OrderTimer } from '../processing-time.ts'
