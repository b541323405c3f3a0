// How do tests and other programs run the simulated payment provider, and predict what it decides?
export { Behaviour, declineReason } from './behaviour.ts'
export { providerConfig, type ProviderConfig } from './config.ts'
export { startPaymentProvider, type PaymentProvider } from './server.ts'
