// What does the shop that runs on this machine by `npm start` cost at this moment? The processor
// time of each of its parts over a while, and the memory of its largest process, without starting
// or stopping anything.
import { setTimeout as sleep } from 'node:timers/promises'
import { runningDevRuntimes } from '@orderpipeline/cluster/dev-runtimes'
import type { Row } from '../table.ts'
import { memoryBelow } from './memory.ts'
import { costsBetween, usageBelow } from './usage.ts'
import type { PartCost } from './usage.ts'

export interface RunningShopOptions {
  readonly seconds: number
  readonly say: (line: string) => void
}

/** One row for each part, and one for all of them. @throws where nothing runs */
export async function benchRunningShop({ seconds, say }: RunningShopOptions): Promise<Row[]> {
  const [runtime] = runningDevRuntimes()
  if (!runtime) throw new Error('no pipeline runs on this machine by npm start')
  say(`${runtime.file}, process ${runtime.pid}, for ${seconds} s …`)
  return partsBelow(runtime.pid, seconds)
}

export async function partsBelow(pid: number, seconds: number): Promise<Row[]> {
  const startedAt = performance.now()
  const before = await usageBelow(pid)
  await sleep(seconds * 1_000)
  const costs = costsBetween(before, await usageBelow(pid), (performance.now() - startedAt) / 1_000)
  const total = costs.reduce(
    (sum, { processes, percent }) => ({
      ...{ part: 'all', processes: sum.processes + processes },
      percent: sum.percent + percent,
    }),
    { part: 'all', processes: 0, percent: 0 },
  )
  const memory = new Map((await memoryBelow(pid)).map(({ part, most }) => [part, most]))
  return [...costs, total].map((cost) => rowOf(cost, memory.get(cost.part)))
}

function rowOf({ part, processes, percent }: PartCost, most: number | undefined): Row {
  const msPerSecond = percent * 10
  return {
    part,
    processes,
    'ms/s': hundredths(msPerSecond),
    'ms/s each': hundredths(msPerSecond / processes),
    '% of a core': hundredths(percent),
    'own MB of one, at most': most === undefined ? '' : hundredths(most / 1e6),
  }
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}
