// How do tests drive order traffic? With the same functions as the command line.
export { parsedDuration, parsedRate, OptionInvalid } from './units.ts'
export { runTraffic, type Progress, type TrafficOptions, type TrafficResult } from './run.ts'
export { givenTokens, signedTokens, type Tokens } from './tokens.ts'
export type { Percentiles } from './latencies.ts'
export type { Outcomes } from './tracker.ts'
export { interArrivalMs } from './arrivals.ts'
