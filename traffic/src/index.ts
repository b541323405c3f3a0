// How do other packages send order traffic, and read a load's description? With the functions that
// the command line uses.
export { parsedDuration, parsedRate, InvalidOptionError } from './units.ts'
export { runTraffic, type Load, type LoadProgress, type TrafficOptions, type TrafficResult } from './run.ts'
export { loadOf, type LoadFlags } from './options.ts'
export { issuedTokens } from './issued-tokens.ts'
export { tokensFromFile, signedTokens, type Tokens } from './tokens.ts'
export type { Percentiles } from './latencies.ts'
export type { Outcomes } from './tracker.ts'
export { interArrivalMs } from './arrivals.ts'
export { endOf, lasting, ordersIn, type TraceSegment, type Trace } from './trace/trace.ts'
export { burst, day, steady } from './trace/shapes.ts'
export { traceIn, InvalidTraceError } from './trace/trace-text.ts'
export { seeded, type Random } from './random.ts'
