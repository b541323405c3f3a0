// How is a checkout measured by a process of its own? Each measurement begins with nothing compiled
// and nothing on the heap.
import { execFile } from 'node:child_process'
import type { ExecFileException } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import type { Availability, Measurement } from './measure.ts'

const run = promisify(execFile)
const program = join(import.meta.dirname, 'process.ts')
/** To load the checkout's modules and to try each case. */
const startDeadlineMs = 120_000

const measurements = z.array(z.object({ name: z.string(), perSecond: z.number().positive() }))
const availabilities = z.array(
  z.object({ name: z.string(), state: z.enum(['available', 'missing', 'failed']), reason: z.string() }),
)

/** The process has failed, such as a case in it; the message is what it says. */
export class MeasurementError extends Error {
  override readonly name = 'MeasurementError'
}

export interface Checkout {
  /** Its root, with a node_modules. */
  readonly root: string
  readonly signal: AbortSignal
}

/** In the order of `cases`. @throws MeasurementError */
export async function measureIn(
  checkout: Checkout,
  cases: readonly string[],
  milliseconds: number,
): Promise<readonly Measurement[]> {
  // Warm-up and measurement, twice as long as they should take.
  const deadlineMs = startDeadlineMs + cases.length * milliseconds * 4
  return measurements.parse(await answerOf(checkout, { cases, milliseconds }, deadlineMs))
}

/** @throws MeasurementError where not even the process works there */
export async function availableIn(checkout: Checkout, cases: readonly string[]): Promise<readonly Availability[]> {
  return availabilities.parse(await answerOf(checkout, { cases }, startDeadlineMs))
}

async function answerOf({ root, signal }: Checkout, request: object, deadlineMs: number): Promise<unknown> {
  const args = ['--expose-gc', program, JSON.stringify({ tree: root, ...request })]
  // A checkout in a new directory has nothing in the cache, the present one has.
  const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' }
  const { stdout } = await run(process.execPath, args, { env, signal, timeout: deadlineMs }).catch(
    (error: ExecFileException) => {
      const why = error.killed ? `no answer within ${deadlineMs / 1_000} s` : (error.stderr ?? error.message)
      throw new MeasurementError(`the measurement in ${root} failed: ${why}`, { cause: error })
    },
  )
  return JSON.parse(stdout)
}
