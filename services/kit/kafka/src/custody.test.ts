// Is nothing taken in hand before the partitions are, in writing, and are they let go of in order, once the database can be reached?
import { expect, test } from 'vitest'
import { silentLogger } from '@orderpipeline/kit-telemetry'
import type { PartitionHeld, Place } from './care.ts'
import { createCustody } from './custody.ts'
import type { Holdings } from './custody.ts'

const suspect: PartitionHeld = { topic: 't', partition: 0, deaths: 2, alone: undefined, tries: 0 }
const message: Place = { topic: 't', partition: 0, offset: '7' }
const later = (ms = 20) => new Promise((resolve) => setTimeout(resolve, ms))

/** `away`: asked before each statement; what it throws is an outage. */
function desk(away: (what: string) => Promise<void> = () => Promise.resolve()) {
  const log: string[] = []
  const write = async (what: string): Promise<void> => {
    await away(what)
    log.push(what)
  }
  const holdings: Holdings = {
    take: async (partitions) => {
      await write(`take ${partitions.map(({ partition }) => partition).join()}`)
      return partitions.map((partition) => ({ ...suspect, ...partition }))
    },
    release: (unended) => write(`release${unended ? ` but for ${unended.offset}` : ''}`),
    alone: ({ offset }, tries) => write(`${offset} alone, ${tries}`),
    clear: ({ partition }) => write(`clear ${partition}`),
  }
  const custody = createCustody(holdings, silentLogger(), () => log.push('taken'))
  return { log, custody }
}

test('an assignment has no care until its partitions are written down, however often that fails', async () => {
  let failures = 2
  const { log, custody } = desk(() => (failures-- > 0 ? Promise.reject(new Error('away')) : Promise.resolve()))
  custody.take({ t: [0, 1] })
  expect(custody.care).toBeUndefined()
  await later()
  expect(log).toEqual([])
  while (!custody.care) await later()
  expect(log).toEqual(['take 0,1', 'taken'])
  expect(custody.care.needed({ topic: 't', partition: 1 })).toBe(true)
})

test('what was asked for while the database was slow happens in its order', async () => {
  const answer = Promise.withResolvers<void>()
  const { log, custody } = desk(() => answer.promise)
  custody.take({ t: [0] })
  await later()
  const released = custody.release()
  custody.take({ t: [1] })
  expect(custody.care).toBeUndefined()
  answer.resolve()
  await released
  await later()
  expect(log).toEqual(['take 0', 'release', 'take 1', 'taken'])
})

test('a message alone in hand is not held against it when its partitions are given up before it has ended', async () => {
  const { log, custody } = desk()
  custody.take({ t: [0] })
  await later()
  await custody.alone(message, 1)
  await custody.release()
  custody.take({ t: [0] })
  await later()
  await custody.alone(message, 1)
  custody.ended()
  await custody.release()
  const first = ['take 0', 'taken', '7 alone, 1', 'release but for 7']
  expect(log).toEqual([...first, 'take 0', 'taken', '7 alone, 1', 'release'])
})

test('an assignment that ends without a notice is let go of before the next is taken', async () => {
  const { log, custody } = desk()
  custody.take({ t: [0] })
  await later()
  custody.take({ t: [1] })
  await later()
  expect(log).toEqual(['take 0', 'taken', 'release', 'take 1', 'taken'])
})

test('after its end nothing is taken any more', async () => {
  const { log, custody } = desk()
  custody.take({ t: [0] })
  await later()
  await custody.close()
  custody.take({ t: [0] })
  await later()
  expect(log).toEqual(['take 0', 'taken', 'release'])
  expect(custody.care).toBeUndefined()
})
