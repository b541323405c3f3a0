// How do many waiting requests share one round trip? See batcher.ts.
export { BatcherClosed, BatcherFull, createBatcher, type Batcher, type BatcherOptions } from './batcher.ts'
