// What does a process that runs in a pod need, whatever it does? A log in the shape of all others,
// and an end in time.
export { drainOnSignals, type Closer, type Drain, type DrainOptions } from './drain.ts'
export { createLogger, silentLogger, type LogLevel, type Logger, type LoggerOptions } from './logger.ts'
