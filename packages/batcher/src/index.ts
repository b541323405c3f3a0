// How do many waiting requests share one round trip? See batcher.ts.
export { BatcherClosedError, BatcherFullError, createBatcher, type Batcher, type BatcherOptions } from './batcher.ts'
