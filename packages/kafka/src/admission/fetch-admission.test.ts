// Are suspect messages in flight alone, do other messages wait for them for a bounded time only,
// and is it written down how far watched partitions are taken?
import type { EachBatchPayload } from 'kafkajs'
import { expect, test } from 'vitest'
import { createQuarantine } from './quarantine.ts'
import type { PartitionRecord } from './quarantine.ts'
import { createAssignments } from '../consumer/assignments.ts'
import { createFetchAdmission } from './fetch-admission.ts'
import { createInFlightLimit } from './in-flight-limit.ts'

function later(ms = 20) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
function of(partition: number, more: Partial<PartitionRecord>): PartitionRecord {
  return {
    ...{ topic: 't', partition, deaths: 0, quietForMs: 60_000, until: undefined, trial: undefined },
    ...more,
  }
}
/** Partition 0 is suspect, 1 is not, 2 is watched. */
const rows = [
  of(0, { deaths: 2, until: '20', trial: { topic: 't', partition: 0, from: '1', to: '2', tries: 2 } }),
  of(2, { deaths: 1 }),
]

/** A message in flight ends when the test says so. */
interface Setting {
  readonly partitions?: readonly PartitionRecord[]
  readonly trialTimeoutMs?: number
  readonly maxBehindFirst?: number
  /** It is not decided yet which partitions are suspect. */
  readonly undecided?: boolean
}
function bench({ partitions = rows, undecided = false, ...more }: Setting = {}) {
  const log: string[] = []
  /** How to end each message in flight, by name. */
  const ends = new Map<string, () => void>()
  const messages = new Map<string, { over: boolean; waitsForRetry: boolean; failedTries: number }>()
  const inFlightSets: string[][] = []
  const inFlightLimit = createInFlightLimit(10)
  const noop = () => Promise.resolve()
  const note = (line: string) => () => {
    log.push(line)
    return Promise.resolve()
  }
  const assignments = createAssignments({
    everyMs: 60_000,
    draining: new AbortController().signal,
    settle: noop,
    commit: noop,
    onError: () => undefined,
  })
  assignments.begin({ t: [0, 1, 2] })
  const quarantine = createQuarantine(partitions)
  if (!undecided) quarantine.decide(partitions, 1)
  const take = createFetchAdmission({
    inFlightLimit,
    assignments,
    ownership: {
      quarantine,
      take: () => undefined,
      release: noop,
      reach: ({ partition }, offset, until) => note(`${partition} reaches ${offset} of ${until}`)(),
      try: ({ from, to, tries }) => note(`try ${from}-${to}, ${tries}`)(),
      forget: ({ from, to }) => note(`forget ${from}-${to}`)(),
      trialEnded: () => undefined,
      clear: ({ partition }) => note(`clear ${partition}`)(),
      close: noop,
    },
    hold: undefined,
    draining: new AbortController().signal,
    waitingForRetry: () => [...messages.values()].filter(({ over, waitsForRetry }) => !over && waitsForRetry).length,
    accept: ({ topic, partition, offset }, assignment, failure) => {
      const name = `${partition}@${offset}`
      log.push(failure ? `give up ${name}` : `take ${name}`)
      inFlightLimit.take()
      const markDone = assignment.tracker.take(topic, partition, offset)
      const message = { over: false, waitsForRetry: false, failedTries: 0 }
      messages.set(name, message)
      ends.set(name, () => {
        message.over = true
        markDone()
        inFlightLimit.release()
      })
      inFlightSets.push([...ends.keys()])
      return message
    },
    ...more,
  })
  /** As kafkajs hands a batch over. */
  const batch = (partition: number, offsets: readonly number[], highWatermark = 40, end = offsets.at(-1)) => {
    const messages = offsets.map((offset) => ({ offset: String(offset), key: null, value: null, timestamp: '0' }))
    const payload: Partial<EachBatchPayload> = {
      batch: {
        topic: 't',
        partition,
        highWatermark: String(highWatermark),
        messages,
        lastOffset: () => String(end),
      } as unknown as EachBatchPayload['batch'],
      isRunning: () => true,
      heartbeat: noop,
      resolveOffset: () => undefined,
      pause: () => {
        log.push(`pause ${partition}`)
        return () => void log.push(`resume ${partition}`)
      },
    }
    return take(payload as EachBatchPayload)
  }
  const endFirst = (): void => {
    const [first] = ends
    if (!first) return
    ends.delete(first[0])
    first[1]()
  }
  const endAllUntil = async (work: Promise<unknown>): Promise<void> => {
    let over = false
    void work.finally(() => (over = true))
    for (; !over; await later()) endFirst()
  }
  const decide = (): void => {
    quarantine.decide(partitions, 1)
    inFlightLimit.wake()
  }
  /** The message has failed, and waits for its next try. */
  const rest = (name: string): void => {
    const message = messages.get(name)!
    message.waitsForRetry = true
    message.failedTries++
    inFlightLimit.wake()
  }
  const end = (name: string): void => {
    ends.get(name)?.()
    ends.delete(name)
    inFlightLimit.wake()
  }
  return {
    log,
    batch,
    inFlightSets,
    endAllUntil,
    decide,
    rest,
    end,
    committable: () => assignments.current.tracker.committable(),
  }
}

test('handles suspects with no other message in flight, and skips the poison message', async () => {
  const { log, batch, inFlightSets, endAllUntil } = bench()
  await endAllUntil(Promise.all([batch(1, [7, 8]), batch(0, [1, 2]), batch(1, [9])]))
  const suspected = ['give up 0@1', 'clear 0', 'take 0@2']
  expect(log.filter((line) => !line.includes('1@') || line.includes('0@'))).toEqual(suspected)
  expect(log.filter((line) => / 1@/.test(line)).sort()).toEqual(['take 1@7', 'take 1@8', 'take 1@9'])
  const mixed = inFlightSets
    .map((names) => names.join(' + '))
    .filter((names) => /0@1\b/.test(names) && /\+/.test(names))
  expect(mixed).toEqual([])
})

test('handles one part of the suspects at a time', async () => {
  const { log, batch, endAllUntil } = bench({ partitions: [of(0, { deaths: 2, until: '32' })] })
  const offsets = [0, 1, 2, 3, 4, 31, 32, 33]
  await endAllUntil(batch(0, offsets))
  const trials = ['try 0-2, 0', 'take 0@0', 'take 0@1', 'try 2-4, 0', 'take 0@2', 'take 0@3', 'try 4-6, 0', 'take 0@4']
  expect(log).toEqual([...trials, 'try 31-32, 1', 'take 0@31', 'clear 0', 'take 0@32', 'take 0@33'])
})

test('tries a part that reaches beyond the fetched messages as far as they go', async () => {
  const { log, batch, endAllUntil } = bench({ partitions: [of(0, { deaths: 2, until: '160' })] })
  await endAllUntil(batch(0, [0, 1]))
  expect(log).toEqual(['try 0-2, 0', 'take 0@0', 'take 0@1'])
})

test('ends the wait for slow suspects after a bound, without counting it as a death', async () => {
  const { log, batch } = bench({ partitions: [of(0, { deaths: 2, until: '2' })], trialTimeoutMs: 0 })
  await batch(0, [0, 1])
  expect(log).toEqual(['try 0-1, 1', 'take 0@0', 'forget 0-1', 'try 1-2, 1', 'take 0@1', 'forget 1-2'])
  await batch(1, [7])
  expect(log.at(-1)).toBe('take 1@7')
})

test('records how far a watched partition is handled until its suspects are done', async () => {
  const { log, batch, endAllUntil } = bench({ partitions: [of(2, { deaths: 1 })] })
  await endAllUntil(batch(2, [3, 4], 5))
  expect(log).toEqual(['2 reaches 5 of 5', 'take 2@3', 'take 2@4'])
  await later()
  await endAllUntil(batch(2, [5, 6], 9))
  expect(log.slice(3)).toEqual(['2 reaches 7 of 5', 'take 2@5', 'take 2@6'])
  await endAllUntil(batch(2, [7], 9))
  expect(log.slice(6)).toEqual(['clear 2', 'take 2@7'])
})

test('finishes the gap behind a batch with the last message of the batch', async () => {
  const { batch, endAllUntil, committable } = bench()
  await batch(1, [7, 8], 12, 11)
  expect(committable()).toEqual([])
  await endAllUntil(later(100))
  expect(committable()).toEqual([{ topic: 't', partition: 1, offset: '12' }])
})

test('pauses a partition whose verdict is open, and no other', async () => {
  const { log, batch, decide } = bench({ undecided: true })
  await batch(0, [1])
  await batch(1, [7])
  expect(log).toEqual(['pause 0', 'take 1@7'])
  decide()
  await later()
  expect(log).toEqual(['pause 0', 'take 1@7', 'resume 0'])
})

test('pauses a partition with too many messages behind a slow one, and no other', async () => {
  const { log, batch, endAllUntil } = bench({ maxBehindFirst: 3, partitions: [of(2, { deaths: 1 })] })
  await batch(1, [7, 8, 9, 10])
  await batch(2, [1], 2)
  expect(log).toEqual(['take 1@7', 'take 1@8', 'take 1@9', 'pause 1', '2 reaches 2 of 2', 'take 2@1'])
  await endAllUntil(later(100))
  expect(log.at(-1)).toBe('resume 1')
})

test('does not wait for a suspect in the retry queue when a part has several', async () => {
  const { log, batch, rest, end, endAllUntil } = bench({ partitions: [of(0, { deaths: 2, until: '32' })] })
  const work = batch(0, [0, 1, 2, 3])
  await later()
  end('0@0')
  rest('0@1')
  await later()
  expect(log).toEqual(['try 0-2, 0', 'take 0@0', 'take 0@1', 'try 2-4, 0', 'take 0@2', 'take 0@3'])
  await endAllUntil(work)
})

test('waits for two tries of each suspect of a part after a further death', async () => {
  const { log, batch, rest, end, endAllUntil } = bench({ partitions: [of(0, { deaths: 3, until: '32' })] })
  const work = batch(0, [0, 1, 2, 3])
  await later()
  const trial = ['try 0-2, 0', 'take 0@0', 'take 0@1']
  rest('0@0')
  end('0@1')
  await later()
  expect(log).toEqual(trial)
  rest('0@0')
  await later()
  expect(log).toEqual([...trial, 'try 2-4, 0', 'take 0@2', 'take 0@3'])
  await endAllUntil(work)
})

test('waits for a single suspect until it has ended', async () => {
  const { log, batch, rest, endAllUntil } = bench({ partitions: [of(0, { deaths: 2, until: '16' })] })
  const work = batch(0, [0, 1, 2, 3])
  await later()
  for (let tries = 0; tries < 3; tries++) rest('0@0')
  await later()
  expect(log).toEqual(['try 0-1, 1', 'take 0@0'])
  await endAllUntil(work)
})

test('has few messages at work while there are suspects, and ends other batches for those of the suspects', async () => {
  const { log, batch, rest, end, endAllUntil } = bench({ partitions: [of(0, { deaths: 2, until: '32' })] })
  const other = batch(1, [7, 8, 9, 10])
  await other
  expect(log).toEqual(['take 1@7', 'take 1@8', 'pause 1'])
  const suspects = batch(0, [0, 1])
  end('1@7')
  rest('1@8')
  await later()
  expect(log.slice(3)).toEqual(['resume 1', 'try 0-2, 0', 'take 0@0', 'take 0@1'])
  await endAllUntil(suspects)
  const again = batch(1, [9, 10, 11])
  await later()
  // Those that wait for their next try do not count.
  expect(log.slice(7)).toEqual(['take 1@9', 'take 1@10', 'pause 1'])
  await again
  rest('1@9')
  await batch(1, [11])
  expect(log.at(-1)).toBe('take 1@11')
})

test('has few messages at work while it is open which partitions are suspect', async () => {
  const { log, batch, decide, end, endAllUntil } = bench({ undecided: true })
  const other = batch(1, [7, 8, 9])
  await later()
  expect(log).toEqual(['take 1@7', 'take 1@8'])
  end('1@7')
  await later()
  expect(log.at(-1)).toBe('take 1@9')
  decide()
  await endAllUntil(other)
})

test('tries a part of several suspects although others are in the retry queue', async () => {
  for (const [until, isTaken] of [
    ['32', true],
    ['16', false],
  ] as const) {
    const { log, batch, rest, endAllUntil } = bench({ partitions: [of(0, { deaths: 2, until })] })
    await batch(1, [7])
    rest('1@7')
    const work = batch(0, [0, 1, 2, 3])
    await later()
    expect(log.includes('take 0@0')).toBe(isTaken)
    await endAllUntil(work)
  }
})
