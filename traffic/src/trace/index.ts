// What is a load, without what sends it? For programs that reckon with one.
export { burst, day, steady } from './shapes.ts'
export { busiestPerSecond, coarser, endOf, lasting, ordersIn, type Trace, type TraceSegment } from './trace.ts'
export { InvalidTraceError, traceIn } from './trace-text.ts'
export { seeded, type Random } from '../random.ts'
