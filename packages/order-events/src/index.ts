// What do services say to each other? The one package they share.
export * from './definitions.ts'
export * from './built-in-stages.ts'
export * from './event.ts'
export * from './codec.ts'
export * from './product-event.ts'
export { amountText, minorUnitsOf } from './currencies.ts'
