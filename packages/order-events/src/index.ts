// Which events do services exchange? This is the one package that they share.
export * from './definitions.ts'
export * from './built-in-stages.ts'
export * from './event.ts'
export * from './codec.ts'
export * from './product-event.ts'
export { amountText, minorUnitsOf } from './currencies.ts'
