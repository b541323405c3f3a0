// What does the payment service offer to the tests around it?
export { paymentStage } from './definition.ts'
export { paymentConfig } from './config.ts'
export { guarded, type GuardOptions } from './guard/guard.ts'
export { withProviderMetrics } from './provider/metrics.ts'
export { callFor, settle, type ProviderAnswer, type Payment } from './payments.ts'
export {
  createProvider,
  ProviderError,
  type Charge,
  type ChargeOutcome,
  type Provider,
  type Refund,
  type Stopped,
} from './provider/provider.ts'
export { traced } from './provider/trace.ts'
