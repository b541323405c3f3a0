// How soon is the console's page there, and how soon does it show a change in the cluster? On the
// shop of `npm start`, in a real browser, alone and with as many viewers as a team has.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { example } from '../idle/example.ts'
import { startShop, workspace } from '../idle/shop.ts'
import type { RunningShop } from '../idle/shop.ts'
import type { Row } from '../table.ts'

export interface ConsoleBenchOptions {
  /** How often the page is opened, and how many changes are followed, of each kind. */
  readonly opens: number
  readonly changes: number
  readonly viewers: number
  /** Until what has begun has come to rest; 15 s unless given. */
  readonly restMs?: number
  readonly say: (line: string) => void
}

interface Measured {
  readonly opened: readonly { readonly paintMs: number; readonly figuresMs: number }[]
  readonly killed: readonly (number | null)[]
  readonly edited: readonly (number | null)[]
}

const script = join(import.meta.dirname, '../../../console/src/testing/latency/main.ts')
const deadlineMs = 1_800_000

export async function benchConsole(options: ConsoleBenchOptions): Promise<Row[]> {
  const { say } = options
  const space = await workspace(example)
  try {
    say('the shop starts …')
    const shop = await startShop(space)
    try {
      await shop.settled()
      return await measureConsole(shop, options)
    } finally {
      await shop.stop()
    }
  } finally {
    await space.remove()
  }
}

export async function measureConsole(
  { console: address, state }: Pick<RunningShop, 'console' | 'state'>,
  { opens, changes, viewers, restMs = 15_000, say }: ConsoleBenchOptions,
): Promise<Row[]> {
  say(`${opens} openings and ${2 * changes} changes, alone and with ${viewers} viewers …`)
  const counts = { opens, changes, viewers, rest: restMs }
  const options = Object.entries(counts).flatMap(([name, value]) => [`--${name}`, String(value)])
  const text = await printed([script, address, '--kubeconfig', join(state, 'kubeconfig'), ...options])
  const { alone, together } = JSON.parse(text) as Record<'alone' | 'together', Measured>
  return [...rowsOf('alone', alone), ...rowsOf(`with ${viewers} other viewers`, together)]
}

function printed(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { timeout: deadlineMs, maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stderr}`, { cause: error }))
      else resolve(stdout)
    })
  })
}

function rowsOf(when: string, { opened, killed, edited }: Measured): Row[] {
  const row = (measured: string, times: readonly (number | null)[]): Row => ({
    ...{ measured: `${measured}, ${when}`, times: times.length },
    ...{ 'p50, ms': quantile(times, 0.5), 'p95, ms': quantile(times, 0.95), 'most, ms': quantile(times, 1) },
  })
  return [
    row(
      'first paint',
      opened.map(({ paintMs }) => paintMs),
    ),
    row(
      'figures there',
      opened.map(({ figuresMs }) => figuresMs),
    ),
    row('a replica ends or is back', killed),
    row('a maximum is edited', edited),
  ]
}

/** null: never shown. */
function quantile(times: readonly (number | null)[], share: number): number | string {
  const sorted = times.map((time) => time ?? Infinity).toSorted((a, b) => a - b)
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN
  return Number.isFinite(value) ? Math.round(value) : 'never'
}
