// How evenly do keys spread the messages of a topic over its partitions, by the partitioner of the
// producer? The table of docs/concepts/partition-keys.md, calculated again.
import { readFileSync } from 'node:fs'
import kafkajs from 'kafkajs'
import { describe, expect, it } from 'vitest'

/** The share of messages of each key; they need not add up to 1. */
type Shares = ReadonlyMap<string, number>

const partitionOf = kafkajs.Partitioners.DefaultPartitioner()
function loads(shares: Shares, partitions: number): number[] {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    leader: 0,
  })) as never
  const load = Array.from({ length: partitions }, () => 0)
  for (const [key, share] of shares) {
    const partition = partitionOf({ topic: 'orders.placed', partitionMetadata, message: { key, value: null } })
    load[partition] = (load[partition] ?? 0) + share
  }
  return load
}

/** The load of the busiest partition over the mean. */
function skewOf(shares: Shares, partitions: number): number {
  const load = loads(shares, partitions)
  return (Math.max(...load) * partitions) / load.reduce((sum, each) => sum + each, 0)
}

const customers = 50_000
const ranks = Array.from({ length: customers }, (_, rank) => rank + 1)
function name(rank: number): string {
  return `customer-${rank}`
}
/** Customer k orders in proportion to 1/k^s (Zipf's law). */
function zipf(exponent: number): Shares {
  return new Map(ranks.map((rank) => [name(rank), rank ** -exponent]))
}

/** By share of the orders; each customer lives in one of them. */
const regions: readonly (readonly [string, number])[] = [
  ['north', 0.4],
  ['south', 0.25],
  ['east', 0.15],
  ['west', 0.12],
  ['islands', 0.08],
]
function regionOf(rank: number): string {
  const at = ((rank * 7_919) % 10_000) / 10_000
  let until = 0
  return regions.find(([, share]) => (until += share) > at)?.[0] ?? 'north'
}
function inRegion(shares: Shares, separator: string): Shares {
  return new Map([...shares].map(([key, share]) => [`${regionOf(Number(key.split('-')[1]))}${separator}${key}`, share]))
}

/** Order ids as the gateway makes them: UUIDs of version 7, 2 ms apart. */
const orders: Shares = new Map(
  Array.from({ length: customers }, (_, n) => {
    const time = (1_767_323_045_678 + 2 * n).toString(16).padStart(12, '0')
    const random = (Math.imul(n + 1, 2_654_435_761) >>> 0).toString(16).padStart(8, '0')
    return [
      `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${random}${random.slice(0, 4)}`,
      1,
    ]
  }),
)

const rows: readonly (readonly [string, Shares])[] = [
  ['order id', orders],
  ['customer, all alike', zipf(0)],
  ['customer, Zipf 0.8: the busiest has 2.6 % of the orders', zipf(0.8)],
  ['customer, Zipf 1: the busiest has 8.8 %', zipf(1)],
  ['region and customer, Zipf 1', inRegion(zipf(1), '|')],
  ['region, of five', new Map(regions)],
  ['order date, of one day', new Map([['2026-01-02', 1]])],
]
const partitionCounts = [12, 110] as const

describe('the page about partition keys', () => {
  const page = readFileSync(new URL('../../../../docs/concepts/partition-keys.md', import.meta.url), 'utf8')

  it.each(rows)('has the measured skew of %s', (key, shares) => {
    const [few, many] = partitionCounts.map((partitions) => skewOf(shares, partitions).toFixed(2))
    expect(page).toContain(`| ${key} | ${few} | ${many} |`)
  })

  it('states the share of the busiest customer', () => {
    const share = (exponent: number) => 100 / [...zipf(exponent).values()].reduce((sum, each) => sum + each, 0)
    expect([share(0.8).toFixed(1), share(1).toFixed(1)]).toEqual(['2.6', '8.8'])
  })
})

describe('the composite key', () => {
  it('of region and customer keeps one customer in one partition', () => {
    const keys = [...inRegion(zipf(1), '|').keys()]
    expect(new Set(keys.map((key) => key.split('|')[1])).size).toBe(keys.length)
  })

  it('spreads no hot customer over partitions', () => {
    const total = [...zipf(1).values()].reduce((sum, share) => sum + share, 0)
    for (const partitions of partitionCounts)
      expect(skewOf(inRegion(zipf(1), '|'), partitions)).toBeGreaterThan(partitions / total)
  })
})

describe('a growing topic', () => {
  it('moves most customers to another partition, so their messages in flight lose order', () => {
    const partitionIn = (key: string, partitions: number) => loads(new Map([[key, 1]]), partitions).indexOf(1)
    const sample = ranks.slice(0, 1_000).map(name)
    const movedCount = sample.filter((key) => partitionIn(key, 110) !== partitionIn(key, 120)).length
    expect(movedCount / sample.length).toBeGreaterThan(0.8)
  })
})
