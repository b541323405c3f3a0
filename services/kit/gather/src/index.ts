// How do many waiting requests share one round trip? See gatherer.ts.
export { GathererClosed, GathererFull, createGatherer, type Gatherer, type GathererOptions } from './gatherer.ts'
