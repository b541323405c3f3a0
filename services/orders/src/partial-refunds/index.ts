// How is a part of an order's payment refunded at the request of the shop's staff?
export { requestRefund, type RefundOfOrder, type RequestedRefund } from './request-refund.ts'
export { isDisputed, type Money, type StoredDispute, type StoredRefund } from '../money/money.ts'
