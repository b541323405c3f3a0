// Can a person bring a message that failed to its end? Two that the notification stage cannot read:
// one is mended and played again, the other discarded.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { orderpipeline } from '../src/command-line.ts'
import { connect, type Platform } from '../src/platform.ts'
import { waitFor } from '../src/wait.ts'

interface Letter {
  readonly id: string
  readonly order: string | null
  readonly reason: string
  readonly state: string
  readonly value: string
}

/** As the orders stage would tell of an order, but for the state. */
const news = (orderId: string, id: string, data: object) =>
  JSON.stringify({
    ...{ specversion: '1.0', id, source: '/orders', type: 'dev.orderpipeline.orders.status-changed.v1' },
    ...{ time: new Date().toISOString(), data: { orderId, customerId: 'customer-of-dead-letters', ...data } },
  })

describe('messages that a stage gave up on', () => {
  let platform: Platform
  let folder: string
  const [mended, discarded] = [randomUUID(), randomUUID()]
  const eventId = randomUUID()

  beforeAll(async () => {
    platform = await connect()
    await platform.settled('shop')
    folder = await mkdtemp(join(tmpdir(), 'orderpipeline-letters-'))
    const kafka = new Kafka({ brokers: [platform.kafkaBroker], clientId: 'e2e', logLevel: logLevel.NOTHING })
    const producer = kafka.producer()
    await producer.connect()
    const values = [news(mended, eventId, { status: 'LOST' }), news(discarded, randomUUID(), { status: 'FOUND' })]
    const messages = values.map((value) => ({ key: 'customer-of-dead-letters', value }))
    await producer.send({ topic: 'shop.orders.status', messages })
    await producer.disconnect()
  })
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
    await platform.close()
  })

  const letterAbout = async (orderId: string, state: string): Promise<Letter> => {
    const { value } = await waitFor(
      `a letter about ${orderId}, ${state}`,
      async () => {
        const { code, stdout, stderr } = await orderpipeline(
          'dlq',
          'list',
          'shop',
          'notification',
          '--state',
          'all',
          '--json',
        )
        if (code !== 0) return { done: false, seen: stderr }
        const { letters } = JSON.parse(stdout) as { letters: Letter[] }
        const found = letters.find((one) => one.order === orderId)
        return found?.state === state ? { done: true, value: found } : { done: false, seen: found?.state ?? 'none' }
      },
      { seconds: 60 },
    )
    return value
  }

  it('are listed, and shown with what is wrong', async () => {
    const letter = await letterAbout(mended, 'open')
    const shown = await orderpipeline('dlq', 'show', 'shop', letter.id)
    expect([shown.code, shown.stderr]).toEqual([0, ''])
    for (const part of ['shop.orders.status', 'LOST', 'status']) expect(shown.stdout).toContain(part)
  })

  it('take effect once they are mended and played again', async () => {
    const { id } = await letterAbout(mended, 'open')
    const file = join(folder, 'mended.json')
    await writeFile(file, news(mended, eventId, { status: 'CONFIRMED' }))
    const replayed = await orderpipeline('dlq', 'replay', 'shop', id, '--edit', file, '--by', 'e2e')
    expect([replayed.code, replayed.stderr]).toEqual([0, ''])
    const told = await waitFor(
      'the customer told',
      async () => {
        const states = await platform.ledger.toldOf(mended)
        return states.length > 0 ? { done: true, value: states } : { done: false, seen: 'nothing told' }
      },
      { seconds: 30 },
    )
    expect(told.value).toEqual(['CONFIRMED'])
    await letterAbout(mended, 'replayed')
  })

  it('are done with when they are discarded', async () => {
    const { id } = await letterAbout(discarded, 'open')
    const { code, stderr } = await orderpipeline('dlq', 'discard', 'shop', id, '--yes', '--by', 'e2e')
    expect([code, stderr]).toEqual([0, ''])
    await letterAbout(discarded, 'discarded')
    expect(await platform.ledger.toldOf(discarded)).toEqual([])
  })
})
