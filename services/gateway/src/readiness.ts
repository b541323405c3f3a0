// Does this gateway take requests? From the first answer of the database until it stops. Once
// ready, always ready: without the database, a gateway that answers 503 and when to try again is
// better than none.
import { sleep } from '@orderpipeline/retry'
import type { Queryable } from '@orderpipeline/postgres'
import { readinessCheck } from './sql/checks.ts'

export interface Readiness {
  readonly check: () => true | string
  leave(): void
}

const everyMs = 500

export function startReadiness(database: Queryable): Readiness {
  let readiness: true | string = 'the database has not answered yet'
  const leaving = new AbortController()
  const untilReady = async (): Promise<void> => {
    while (!leaving.signal.aborted) {
      try {
        await database.query(readinessCheck)
        readiness = true
        return
      } catch (error) {
        readiness = `the database does not answer: ${error instanceof Error ? error.message : String(error)}`
        await sleep(everyMs, leaving.signal)
      }
    }
  }
  void untilReady()
  return { check: () => (leaving.signal.aborted ? 'draining' : readiness), leave: () => leaving.abort() }
}
