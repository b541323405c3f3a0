// What does the payment service offer to the tests around it?
export { paymentStage, type Charged } from './definition.ts'
export { createProvider, ProviderError, type Charge, type ChargeOutcome, type Provider } from './provider.ts'
