// npm run bench -- scaling: how would the example shop do under each way to scale it? On consumer
// lag, on CPU, by steps of two as Numaflow does, on flow, and by an oracle that knows the load.
import { pipelineIn } from '@orderpipeline/cli'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Row } from '../table.ts'
import { compare } from './compare.ts'
import type { ScalingResult } from './compare.ts'
import { loads } from './loads.ts'
import { withTables } from './markdown.ts'

export interface ScalingBenchOptions {
  /** Parts of the names of the loads; none means all of them. */
  readonly loads: readonly string[]
  /** Names of ways; none means all of them. */
  readonly ways: readonly string[]
  /** Whether docs/concepts/simulate.md gets the tables. */
  readonly write: boolean
  readonly say: (line: string) => void
}

const root = join(import.meta.dirname, '../../..')
const page = join(root, 'docs/concepts/simulate.md')

export async function benchScaling({ loads: parts, ways, write, say }: ScalingBenchOptions): Promise<Row[]> {
  const pipeline = await pipelineIn(join(root, 'examples/shop.yaml'))
  const selection = loads.filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)))
  const results = selection.flatMap((load) => {
    say(load.name)
    return compare(pipeline, load, ways)
  })
  if (write) await writeFile(page, withTables(await readFile(page, 'utf8'), results))
  return results.map(rowOf)
}

function rowOf(result: ScalingResult): Row {
  return {
    load: result.load,
    'scaled on': result.way,
    turns: result.turns,
    'most of payment': result.mostPayment,
    rebalances: result.rebalances,
    'peak lag, later stages': result.peakLagLater,
    'longest wait, s': result.longestWaitSeconds ?? '-',
    'done after, s': result.doneAtSeconds ?? 'later',
    'replica-hours': Math.round(result.replicaHours * 10) / 10,
    'over the oracle': `${result.overOracle.toFixed(2)} ×`,
  }
}
