// What did the services under test warn of? Kept, and written only where a test fails (setup.ts).
import { createLogger, type Logger } from '@orderpipeline/kit-telemetry'

const limit = 60
let kept: string[] = []

/** Warnings and worse; the last ones are kept. */
export const testLogger = (service = 'test'): Logger =>
  createLogger({
    service,
    level: 'warn',
    destination: { write: (line) => void (kept = [...kept, line].slice(-limit)) },
  })

export const testLog = (): readonly string[] => kept

export const clearTestLog = (): void => {
  kept = []
}
