// How does a program wait, try again, and give up waiting? Backoff, jitter, deadlines and what is
// repeated or made once. Every other package and program takes these from here.
export { backoffMs, jitteredMs, type Backoff } from './backoff.ts'
export { DeadlineExceededError, withDeadline, withDeadlineAfter } from './deadline.ts'
export { every, everyInBackground } from './every.ts'
export { once } from './once.ts'
export { runPeriodically, type PeriodicRunOptions } from './periodic.ts'
export { sleep } from './sleep.ts'
