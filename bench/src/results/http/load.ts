// How is a server measured that takes one order a request? By a load generator in a process of its
// own, so that the measuring process is no bottleneck.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { compileCache } from '@orderpipeline/cluster/supervised'
import { z } from 'zod'

export const loadSpec = z.object({
  /** Orders are posted to it. */
  url: z.url(),
  connections: z.int().min(1),
  warmUpSeconds: z.number().min(0),
  /** Duration of the measurement, after the warm-up. */
  seconds: z.number().min(0.1),
})

export type LoadSpec = z.infer<typeof loadSpec>

const loadResult = z.object({
  /** Answers a second, whatever they say. */
  perSecond: z.number(),
  answerMs: z.tuple([z.number(), z.number()]),
  /** Answers by status, those of the warm-up included. */
  statuses: z.array(z.tuple([z.number(), z.number()])),
})

export type LoadResult = z.infer<typeof loadResult>

const run = promisify(execFile)

export interface AcceptedLoad extends LoadResult {
  /** Those of the warm-up included. */
  readonly accepted: number
}

/** @throws Error where an order is answered with anything but 202 */
export async function httpLoad(spec: LoadSpec): Promise<AcceptedLoad> {
  const main = join(import.meta.dirname, 'load-main.ts')
  const timeout = (spec.warmUpSeconds + spec.seconds + 60) * 1_000
  const { stdout } = await run(process.execPath, [main], {
    env: { ...compileCache(), LOAD: JSON.stringify(spec) },
    timeout,
  })
  const result = loadResult.parse(JSON.parse(stdout))
  const others = result.statuses.filter(([status]) => status !== 202)
  if (others.length > 0)
    throw new Error(`found answers ${others.map(([status, n]) => `${n} × ${status}`).join(', ')}; allowed: 202`)
  return { ...result, accepted: result.statuses.reduce((sum, [, n]) => sum + n, 0) }
}
