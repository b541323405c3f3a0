// What does the payment service offer to the tests around it?
export { paymentStage } from './definition.ts'
export { paymentConfig } from './config.ts'
export { guarded, type GuardOptions } from './guard/guard.ts'
export { withProviderMetrics } from './provider/metrics.ts'
export { callFor, refunded, remainingCents, settle, type ProviderAnswer, type Payment } from './payments.ts'
export { settleDispute, type Dispute, type ReportedDispute } from './disputes/disputes.ts'
export { askAboutDisputes, watch, watchChanged, type DisputeSource } from './disputes/watch-disputes.ts'
export { dueRefundOf } from './refunds/dues.ts'
export { makeDueRefunds } from './refunds/due-refunds.ts'
export { makePartialRefunds } from './refunds/make-partial-refunds.ts'
export { settleLostDisputes } from './refunds/after-disputes.ts'
export { decidePartialRefund, outcomeEvent, type PartialRefund } from './refunds/partial-refunds.ts'
export {
  createProvider,
  ProviderError,
  type Charge,
  type ChargeOutcome,
  type Provider,
  type Refund,
  type RefundPart,
  type Stopped,
} from './provider/provider.ts'
export { simulatorDisputes } from './provider/simulator-disputes.ts'
export { traced } from './provider/trace.ts'
