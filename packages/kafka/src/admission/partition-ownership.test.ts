// Is no message in flight before the owner of its partition is written down; are partitions
// released in order, once the database can be reached; and is no partition suspect before the
// processes that lost it have been silent long enough?
import { expect, test } from 'vitest'
import { createLogger, silentLogger } from '@orderpipeline/process'
import type { Logger } from '@orderpipeline/process'
import type { Partition, PartitionRecord, Trial } from './quarantine.ts'
import { createPartitionOwnership } from './partition-ownership.ts'
import type { PartitionOwnershipStore } from './partition-ownership.ts'

const trial: Trial = { topic: 't', partition: 0, from: '7', to: '9', tries: 0 }
function later(ms = 20) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/**
 * `away`: called before each statement; its error is an outage. `deaths`: at the take, and at a
 * later look.
 */
function bench({
  away = () => Promise.resolve(),
  deaths = [0, 0],
  silenceMs = 0,
  logger = silentLogger(),
}: Setting = {}) {
  const log: string[] = []
  const write = async (what: string): Promise<void> => {
    await away(what)
    log.push(what)
  }
  const ownedPartition = (count: number, partition: number): PartitionRecord => ({
    ...{ topic: 't', partition, deaths: count, quietForMs: 0, until: '9', trial: undefined },
  })
  const ownershipStore: PartitionOwnershipStore = {
    take: async (partitions) => {
      await write(`take ${partitions.map(({ partition }) => partition).join()}`)
      return partitions.map(({ partition }) => ownedPartition(deaths[0], partition))
    },
    read: async (partitions) => {
      await write(`look at ${partitions.map(({ partition }) => partition).join()}`)
      return {
        partitions: partitions.map(({ partition }) => ownedPartition(deaths[1], partition)),
        suspects: partitions.length,
      }
    },
    release: (unended) => write(`release${unended ? ` with ${unended.partition} unended` : ''}`),
    reach: ({ partition }, offset) => write(`${partition} reaches ${offset}`),
    try: ({ from, to }) => write(`try ${from}-${to}`),
    forget: ({ from, to }) => write(`forget ${from}-${to}`),
    clear: ({ partition }) => write(`clear ${partition}`),
  }
  const onChange = (): void => void log.push('changed')
  return { log, ownership: createPartitionOwnership({ ownershipStore, logger, onChange, silenceMs }) }
}
interface Setting {
  readonly away?: (what: string) => Promise<void>
  readonly deaths?: readonly [number, number]
  readonly silenceMs?: number
  readonly logger?: Logger
}

test('leaves quarantine undecided until ownership is recorded, however many failures', async () => {
  let failures = 2
  const away = () => (failures-- > 0 ? Promise.reject(new Error('away')) : Promise.resolve())
  const { log, ownership } = bench({ away })
  ownership.take({ t: [0, 1] })
  expect(ownership.quarantine).toBeUndefined()
  await later()
  expect(log).toEqual([])
  while (!ownership.quarantine) await later()
  expect(log).toEqual(['take 0,1', 'changed'])
})

test('keeps the order of requests made while the database was slow', async () => {
  const answer = Promise.withResolvers<void>()
  const { log, ownership } = bench({ away: () => answer.promise })
  ownership.take({ t: [0] })
  await later()
  const releasing = ownership.release()
  ownership.take({ t: [1] })
  expect(ownership.quarantine).toBeUndefined()
  answer.resolve()
  await releasing
  await later()
  expect(log).toEqual(['take 0', 'release', 'take 1', 'changed'])
})

test('does not count a trial whose partition is revoked before it ends', async () => {
  const { log, ownership } = bench()
  ownership.take({ t: [0] })
  await later()
  await ownership.try(trial)
  await ownership.release()
  ownership.take({ t: [0] })
  await later()
  await ownership.try(trial)
  ownership.trialEnded()
  await ownership.release()
  const first = ['take 0', 'changed', 'try 7-9', 'release with 0 unended']
  expect(log).toEqual([...first, 'take 0', 'changed', 'try 7-9', 'release'])
})

test('releases an assignment that ended without notice before the next one', async () => {
  const { log, ownership } = bench()
  ownership.take({ t: [0] })
  await later()
  ownership.take({ t: [1] })
  await later()
  expect(log).toEqual(['take 0', 'changed', 'release', 'take 1', 'changed'])
})

test('claims no partition after its end', async () => {
  const { log, ownership } = bench()
  ownership.take({ t: [0] })
  await later()
  await ownership.close()
  ownership.take({ t: [0] })
  await later()
  expect(log).toEqual(['take 0', 'changed', 'release'])
  expect(ownership.quarantine).toBeUndefined()
})

test('waits after several deaths, and suspects a partition if they still count', async () => {
  const { log, ownership } = bench({ deaths: [2, 2], silenceMs: 60 })
  ownership.take({ t: [0] })
  await later()
  expect(ownership.quarantine?.pending({ topic: 't', partition: 0 })).toBe(true)
  expect(log).toEqual(['take 0', 'changed'])
  while (log.length < 4) await later()
  expect(log).toEqual(['take 0', 'changed', 'look at 0', 'changed'])
  expect(ownership.quarantine?.pending({ topic: 't', partition: 0 })).toBe(false)
  expect(ownership.quarantine?.partitions).toEqual([{ topic: 't', partition: 0 }])
})

test('does not suspect a partition whose last owner is alive', async () => {
  const { log, ownership } = bench({ deaths: [2, 1] })
  ownership.take({ t: [0] })
  while (log.length < 4) await later()
  expect(ownership.quarantine?.pending({ topic: 't', partition: 0 })).toBe(false)
  expect(ownership.quarantine?.partitions).toEqual([])
})

test('logs which partition has passed its suspects, and nothing of the batch that was passed in', async () => {
  let lines = ''
  const destination = { write: (line: string) => void (lines += line) }
  const { ownership } = bench({ logger: createLogger({ service: 'orders', destination }) })
  ownership.take({ t: [0] })
  await later()
  await ownership.clear({ topic: 't', partition: 0, messages: ['a customer’s address'] } as Partition)
  expect(lines).toContain('has passed its suspect messages')
  expect(lines).toContain('"partition":0')
  expect(lines).not.toContain('address')
})
