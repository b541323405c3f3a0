// What does a console act on in tests of the page? On the recorded shop's dead letters, in memory:
// they are replayed and discarded as in Kafka, and every action is kept.
import { setTimeout as sleep } from 'node:timers/promises'
import { CommandError } from '@orderpipeline/client'
import type { DeadLetter, DeadLetterTopic } from '@orderpipeline/client'
import type { RightName } from '../model/actions.ts'
import type { DeadLetterSummary } from '../model/dead-letters.ts'
import type { ProviderBehaviour } from '../model/try-it.ts'
import { providerModes } from '../model/try-it.ts'
import type { Actions, DecidedHold, Recorded } from '../server/actions-port.ts'
import { poisonFor } from '../server/try-it.ts'
import { recordedDeadLetters, recordedHeldOrder, recordedOrder } from './recorded-shop.ts'

export interface RecordedActions extends Actions {
  /** Why not, by right; changed by a test. */
  readonly refused: Partial<Record<RightName, string>>
  readonly events: Recorded[]
  readonly suspended: boolean[]
  readonly cancelled: string[]
  /** Decisions about the held order. */
  readonly decided: DecidedHold[]
  readonly killed: string[]
  /** What the source is to show. */
  letters(): readonly DeadLetterSummary[]
}

export function recordedActions(now = Date.now()): RecordedActions {
  const deadLetters = new Map(
    recordedDeadLetters.map((one, index) => [one.id, letterOf(one, now - (40 - index) * 61_000)]),
  )
  const refusals: RecordedActions['refused'] = {}
  const [events, suspended, cancelled, killed]: [Recorded[], boolean[], string[], string[]] = [[], [], [], []]
  const decided: DecidedHold[] = []
  let provider: ProviderBehaviour = providerModes.normal
  const mark = (some: readonly DeadLetter[], action: 'replayed' | 'discarded', by: string): void => {
    const at = new Date().toISOString()
    for (const deadLetter of some) {
      const history = [...deadLetter.history, { letter: deadLetter.id, action, by, at }]
      deadLetters.set(deadLetter.id, { ...deadLetter, state: action, history })
    }
  }
  const box: DeadLetterTopic = {
    stages: () => Promise.resolve(['orders', 'payment']),
    read: (stages) => Promise.resolve([...deadLetters.values()].filter(({ stage }) => stages.includes(stage))),
    replay: async (replays) => {
      await sleep(20)
      mark(
        replays.map(({ letter: deadLetter }) => deadLetter),
        'replayed',
        replays[0]?.by ?? '',
      )
    },
    discard: (some, by) => Promise.resolve(mark(some, 'discarded', by)),
    close: () => Promise.resolve(),
  }
  return {
    ...{ refused: refusals, events, suspended, cancelled, decided, killed },
    letters: () => [...deadLetters.values()].map(summaryOf),
    person: () => Promise.resolve('ada@desk'),
    refusal: (_pipeline, right) => Promise.resolve(refusals[right]),
    suspend: (_pipeline, suspend) => Promise.resolve(void suspended.push(suspend)),
    cancel: (_pipeline, order) => {
      if (order !== recordedOrder.orderId) return Promise.reject(new CommandError(`There is no order ${order}.`))
      return Promise.resolve(void cancelled.push(order))
    },
    decideHold: (_pipeline, order, decision) => {
      if (order !== recordedHeldOrder.orderId) return Promise.reject(new CommandError(`There is no order ${order}.`))
      return Promise.resolve(void decided.push(decision))
    },
    letterBox: () => Promise.resolve(box),
    record: (_pipeline, event) => {
      events.push(event)
      return Promise.resolve(undefined)
    },
    tryIt: {
      place: (_pipeline, count) => Promise.resolve({ taken: count, order: recordedOrder.orderId }),
      provider: () => Promise.resolve(provider),
      setProvider: (_pipeline, behaviour) => Promise.resolve(void (provider = behaviour)),
      kill: (_pipeline, part) => Promise.resolve((killed.push(part), `shop-${part}-0`)),
      sendPoison: (pipeline, stage) => Promise.resolve(poisonFor(pipeline, stage)),
    },
  }
}

function letterOf({ id, stage, reason, verdict, message, order }: DeadLetterSummary, at: number): DeadLetter {
  const [, partition, offset = '0'] = id.split('/')
  const place = { partition: Number(partition), offset }
  return {
    ...{ id, stage, reason, verdict, message, ...place, topic: `shop.${stage}.dead-letters` },
    ...{ error: 'Recorded', stack: '', attempts: 5, replays: 0, state: 'open', history: [], headers: {} },
    at: new Date(at).toISOString(),
    source: { ...place, topic: 'shop.inventory.updated', timestamp: at },
    key: null,
    value: Buffer.from(JSON.stringify({ subject: order })),
  }
}

function summaryOf({ id, stage, reason, verdict, message, at, state, history }: DeadLetter): DeadLetterSummary {
  return {
    ...{ id, stage, reason, message, at, state },
    ...(verdict === undefined ? {} : { verdict }),
    ...(history.length > 0 ? { marks: history } : {}),
  }
}
