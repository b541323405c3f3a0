// What does the shop of `npm start` cost when little happens? Seconds from the command to the first
// shipped order once everything is cached, the processor time of its processes without an order and
// with few, and the memory that each replica has for itself.
import { setTimeout as sleep } from 'node:timers/promises'
import { runTraffic } from '@orderpipeline/traffic'
import type { Row } from '../table.ts'
import { example } from './example.ts'
import { memoryBelow } from './memory.ts'
import type { PartMemory } from './memory.ts'
import { startShop, workspace } from './shop.ts'
import type { RunningShop, Workspace } from './shop.ts'
import { costsBetween, usageBelow } from './usage.ts'
import type { PartCost } from './usage.ts'

export interface IdleBenchOptions {
  /** Warm starts; the last one is then measured idle and under load. */
  readonly starts: number
  readonly idleSeconds: number
  /** Orders a minute, one measurement after the other. */
  readonly rates: readonly number[]
  readonly loadSeconds: number
  /** Rest before the idle phase; a minute unless given. */
  readonly settleMs?: number
  /** Orders as fast as answers arrive, after which memory is read. */
  readonly burst: number
  readonly say: (line: string) => void
}

/**
 * After every replica is there: group joins and first reads are over, and so are the collections
 * by which V8 gives memory back once a process has come to rest.
 */
const restMs = 60_000

/** What is not a replica of a part of the pipeline. */
const backing = ['Kafka', 'PostgreSQL', 'dev', 'dev-services', 'payment-provider', 'carrier']
const burstDeadlineMs = 300_000

const blank = {
  measured: '',
  'works, s': '',
  'shipped, s': '',
  'CPU s until shipped': '',
  'orders/min': '',
  'shipped p50, ms': '',
  'shipped p95, ms': '',
  '% of a core': '',
  'own MB a replica': '',
}

export async function benchIdle(options: IdleBenchOptions): Promise<Row[]> {
  const { starts, say } = options
  const space = await workspace(example)
  const rows: Row[] = []
  try {
    say('a first start, which fills the caches …')
    await withShop(space, say, () => Promise.resolve())
    for (let start = 1; start <= starts; start++) {
      say(`warm start ${start} of ${starts} …`)
      await withShop(space, say, async (shop) => {
        rows.push(startRow(start, shop))
        if (start === starts) rows.push(...(await measureShop(shop, options)))
      })
    }
    return rows
  } finally {
    await space.remove()
  }
}

async function withShop(
  space: Workspace,
  say: (line: string) => void,
  work: (shop: RunningShop) => Promise<void>,
): Promise<void> {
  const shop = await startShop(space)
  try {
    await shop.settled()
    for (const line of shop.said) say(`  ${line}`)
    await work(shop)
  } finally {
    await shop.stop()
  }
}

export function startRow(start: number, { timeline, usedUntilShipped }: RunningShop): Row {
  const parts = [...usedUntilShipped].map(([part, { seconds }]) => ({ part, value: seconds }))
  const row = { ...blank, measured: `warm start ${start}` }
  return {
    ...row,
    'works, s': tenths(timeline.worksMs / 1_000),
    'shipped, s': tenths(timeline.shippedMs / 1_000),
    'CPU s until shipped': tenths(parts.reduce((sum, { value }) => sum + value, 0)),
    parts: partsText(parts),
  }
}

export async function measureShop(
  shop: Pick<RunningShop, 'pid' | 'gateway'>,
  { idleSeconds, rates, loadSeconds, settleMs = restMs, burst, say }: Omit<IdleBenchOptions, 'starts'>,
): Promise<Row[]> {
  await sleep(settleMs)
  say(`idle for ${idleSeconds} s …`)
  const idle = await costOf(shop.pid, () => sleep(idleSeconds * 1_000))
  const rows: Row[] = [{ ...blank, measured: 'idle', ...idle, ...largestReplica(await memoryBelow(shop.pid)) }]
  for (const rate of rates) {
    say(`${rate} orders a minute for ${loadSeconds} s …`)
    let figures: Row = {}
    const cost = await costOf(shop.pid, async () => {
      const load = { perSecond: rate / 60, durationMs: loadSeconds * 1_000 }
      const { outcomes } = await runTraffic({ url: shop.gateway, load, connections: 16 })
      const { p50, p95 } = outcomes.endToEndMs
      figures = { 'shipped p50, ms': Math.round(p50), 'shipped p95, ms': Math.round(p95) }
    })
    rows.push({ ...blank, measured: 'load', 'orders/min': rate, ...figures, ...cost })
  }
  say(`a burst of ${burst} orders …`)
  rows.push(await memoryRow(shop, burst))
  return rows
}

/** Read as soon as the last order has ended: nothing has been given back yet. */
async function memoryRow({ pid, gateway }: Pick<RunningShop, 'pid' | 'gateway'>, burst: number): Promise<Row> {
  await runTraffic({ url: gateway, load: { burst }, connections: 64, waitMs: burstDeadlineMs })
  const memory = await memoryBelow(pid)
  const parts = memory.map(({ part, most }) => ({ part, value: megabytes(most) }))
  return { ...blank, measured: `burst of ${burst}`, ...largestReplica(memory), parts: partsText(parts) }
}

/** The memory of the largest one, of a stage or a gateway. */
function largestReplica(memory: readonly PartMemory[]): Row {
  const replicas = memory.filter(({ part }) => !backing.includes(part))
  return { 'own MB a replica': tenths(megabytes(Math.max(0, ...replicas.map(({ most }) => most)))) }
}

function megabytes(bytes: number): number {
  return bytes / 1e6
}

async function costOf(pid: number, work: () => Promise<unknown>): Promise<Row> {
  const startedAt = performance.now()
  const before = await usageBelow(pid)
  await work()
  const costs = costsBetween(before, await usageBelow(pid), (performance.now() - startedAt) / 1_000)
  return { '% of a core': tenths(totalOf(costs)), parts: partsText(costs.map(shareOf)) }
}

function totalOf(costs: readonly PartCost[]): number {
  return costs.reduce((sum, { percent }) => sum + percent, 0)
}

function shareOf({ part, percent }: PartCost): Part {
  return { part, value: percent }
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10
}

interface Part {
  readonly part: string
  readonly value: number
}

/** The largest first. */
function partsText(parts: readonly Part[]): string {
  return [...parts]
    .sort((a, b) => b.value - a.value)
    .map(({ part, value }) => `${part} ${value.toFixed(1)}`)
    .join(', ')
}
