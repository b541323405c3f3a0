// Is the message that ends its processes found in few parts, is no other blamed, and does suspicion
// end once it is behind?
import { expect, test } from 'vitest'
import { createQuarantine, maxSuspects } from './quarantine.ts'
import type { Quarantine, PartitionRecord } from './quarantine.ts'

function ownedPartition(more: Partial<PartitionRecord>): PartitionRecord {
  return {
    ...{ topic: 't', partition: 0, deaths: 0, quietForMs: 60_000, until: undefined, trial: undefined },
    ...more,
  }
}
function at(offset: number | bigint, partition = 0) {
  return { topic: 't', partition, offset: String(offset) }
}
function suspect(...rows: PartitionRecord[]): Quarantine {
  const quarantine = createQuarantine(rows)
  quarantine.decide(rows, rows.length)
  return quarantine
}
function trialPartition(from: number, to: number, tries = 0) {
  return ownedPartition({
    deaths: 3,
    until: '1000',
    trial: { topic: 't', partition: 0, from: String(from), to: String(to), tries },
  })
}

test('watches a partition after one death and suspects it after two', () => {
  const rows = [
    ownedPartition({ deaths: 0 }),
    ownedPartition({ partition: 1, deaths: 1 }),
    ownedPartition({ partition: 2, deaths: 2, until: '9' }),
  ]
  const quarantine = createQuarantine(rows)
  expect([0, 1, 2].map((partition) => quarantine.watched(at(0, partition)))).toEqual([false, true, true])
  expect([0, 1, 2].map((partition) => quarantine.pending(at(0, partition)))).toEqual([false, false, true])
  expect(quarantine.trialOf(at(0, 2))).toBeUndefined()
  quarantine.decide(rows, 1)
  expect(quarantine.pending(at(0, 2))).toBe(false)
  expect(quarantine.partitions).toEqual([{ topic: 't', partition: 2 }])
  expect(quarantine.trialOf(at(0, 1))).toBeUndefined()
})

test('suspects no partition whose deaths were withdrawn before the verdict', () => {
  const quarantine = createQuarantine([
    ownedPartition({ deaths: 2, until: '9' }),
    ownedPartition({ partition: 1, deaths: 2, until: '9' }),
  ])
  quarantine.decide([ownedPartition({ deaths: 1, until: '9' })], 0)
  expect(quarantine.partitions).toEqual([])
  expect([0, 1].map((partition) => quarantine.pending(at(0, partition)))).toEqual([false, false])
})

test('tries suspects in sixteen parts within the messages in flight at each death', () => {
  const quarantine = suspect(ownedPartition({ deaths: 2, until: '1000' }))
  const parts: string[] = []
  for (let trial = quarantine.trialOf(at(0)); trial; trial = quarantine.trialOf(at(Number(trial.to))))
    parts.push(`${trial.from}-${trial.to}`)
  expect(parts).toHaveLength(16)
  expect([parts[0], parts[1], parts[15]]).toEqual(['0-63', '63-126', '945-1000'])
})

test.each([
  { partitions: 2, parts: 16 },
  { partitions: 5, parts: 20 },
  { partitions: 8, parts: 16 },
])('tries $partitions suspect partitions of a replica in $parts parts', ({ partitions, parts }) => {
  const quarantine = suspect(
    ...Array.from({ length: partitions }, (_, partition) => ownedPartition({ partition, deaths: 2, until: '100' })),
  )
  let count = 0
  for (let partition = 0; partition < partitions; partition++)
    for (let trial = quarantine.trialOf(at(0, partition)); trial; count++)
      trial = quarantine.trialOf(at(Number(trial.to), partition))
  expect(count).toBe(parts)
})

test('narrows a thousand suspects to one in three deaths and gives it up after two', () => {
  const ranges = [
    trialPartition(945, 1_000),
    trialPartition(949, 953),
    trialPartition(950, 951, 1),
    trialPartition(950, 951, 2),
  ]
  const trials = ranges.map((row) => suspect(row).trialOf(at(Number(row.trial?.from))))
  expect(trials.map((trial) => trial && `${trial.from}-${trial.to}, ${trial.tries}`)).toEqual([
    '945-949, 0',
    '949-950, 1',
    '950-951, 2',
    '950-951, 3',
  ])
  const quarantine = suspect(ranges[3]!)
  expect(trials.slice(0, 3).map((trial) => trial && quarantine.verdictOn(trial))).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  const failure = quarantine.verdictOn(trials[3]!)
  expect(failure).toMatchObject({ attempts: 2, error: { reason: 'CrashedItsProcess', retry: false } })
  expect(failure?.error.message).toBe('crashed its process twice while it alone was in flight')
})

test('passes the suspects by finished offset, fetched or not', () => {
  const quarantine = createQuarantine([
    ownedPartition({ deaths: 1 }),
    ownedPartition({ partition: 1, deaths: 1, until: '4' }),
  ])
  expect(quarantine.isPast(at(0), 0n)).toBe(false)
  expect([
    quarantine.recordEnd(at(0), '5'),
    quarantine.recordEnd(at(0), '900'),
    quarantine.recordEnd(at(0, 1), '900'),
  ]).toEqual(['5', '5', '4'])
  expect([4n, 5n].map((offset) => quarantine.isPast(at(0), offset))).toEqual([false, true])
  expect([3n, 4n].map((offset) => quarantine.isPast(at(0, 1), offset))).toEqual([false, true])
  quarantine.clear(at(0))
  expect(quarantine.watched(at(0))).toBe(false)
})

test('many partitions with several deaths make only a few of them suspect', () => {
  const rows = Array.from({ length: 44 }, (_, partition) => ownedPartition({ partition, deaths: 2, until: '9' }))
  const quarantine = createQuarantine(rows)
  let drawCount = 0
  quarantine.decide(rows, 440, () => (drawCount++ % 55) / 55)
  expect(quarantine.partitions.map(({ partition }) => partition)).toEqual([0])
  expect(rows.filter((row) => quarantine.pending(row))).toEqual([])
  expect(rows.filter((row) => quarantine.watched(row))).toHaveLength(44)
  const few = createQuarantine(rows.slice(0, maxSuspects))
  few.decide(rows.slice(0, maxSuspects), maxSuspects, () => 0.999)
  expect(few.partitions).toHaveLength(maxSuspects)
})
