// What ends a program that does not drain yet? In a container it is process 1, for which Linux
// drops a signal that nothing handles. A pod deleted while it starts would go on, take partitions,
// and be killed with them at the end of its grace. Importing this module is enough; the programs of
// the images import it before all else.
import { constants } from 'node:os'

const signals = ['SIGTERM', 'SIGINT'] as const

/** Nothing is in flight yet. The exit code is that of a process which the signal has ended. */
function end(signal: (typeof signals)[number]): void {
  process.exit(128 + constants.signals[signal])
}

const isFirstProcess = process.pid === 1
if (isFirstProcess) for (const signal of signals) process.on(signal, end)

/** The program handles signals itself from now on. */
export function leaveSignals(): void {
  for (const signal of signals) process.off(signal, end)
}
