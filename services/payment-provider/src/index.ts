// How do tests and other programs run the simulated payment provider, and predict what it decides?
export { Behaviour, declineReason } from './behaviour.ts'
export { configOf, type Config } from './config.ts'
export { startPaymentProvider, type PaymentProvider } from './server.ts'
