// Can an operator bring a failed message to its end? Two that the notification stage cannot read:
// one is edited and replayed, the other discarded.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { orderpipeline } from '../src/command-line.ts'
import { attach } from '../src/platform.ts'
import type { Platform } from '../src/platform.ts'
import { waitFor } from '../src/wait.ts'

interface DeadLetter {
  readonly id: string
  readonly order: string | null
  readonly reason: string
  readonly state: string
  readonly value: string
}

/** An event as the orders stage publishes it, except for the state. */
function orderEvent(orderId: string, id: string, data: object) {
  return JSON.stringify({
    ...{ specversion: '1.0', id, source: '/orders', type: 'dev.orderpipeline.orders.status-changed.v1' },
    ...{ time: new Date().toISOString(), data: { orderId, customerId: 'customer-of-dead-letters', ...data } },
  })
}

describe('the dead letters of a stage', () => {
  let platform: Platform
  let folder: string
  const [mended, discarded] = [randomUUID(), randomUUID()]
  const eventId = randomUUID()

  beforeAll(async () => {
    platform = await attach()
    await platform.settled('shop')
    folder = await mkdtemp(join(tmpdir(), 'orderpipeline-letters-'))
    const kafka = new Kafka({ brokers: [platform.kafkaBroker], clientId: 'e2e', logLevel: logLevel.NOTHING })
    const producer = kafka.producer()
    await producer.connect()
    const values = [
      orderEvent(mended, eventId, { status: 'LOST' }),
      orderEvent(discarded, randomUUID(), { status: 'FOUND' }),
    ]
    const messages = values.map((value) => ({ key: 'customer-of-dead-letters', value }))
    await producer.send({ topic: 'shop.orders.status', messages })
    await producer.disconnect()
  })
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
    await platform.close()
  })

  const deadLetterAbout = async (orderId: string, state: string): Promise<DeadLetter> => {
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
        const { letters: deadLetters } = JSON.parse(stdout) as { letters: DeadLetter[] }
        const match = deadLetters.find((one) => one.order === orderId)
        return match?.state === state ? { done: true, value: match } : { done: false, seen: match?.state ?? 'none' }
      },
      { seconds: 60 },
    )
    return value
  }

  it('are listed and shown with their problem', async () => {
    const deadLetter = await deadLetterAbout(mended, 'open')
    const output = await orderpipeline('dlq', 'show', 'shop', deadLetter.id)
    expect([output.code, output.stderr]).toEqual([0, ''])
    for (const part of ['shop.orders.status', 'LOST', 'status']) expect(output.stdout).toContain(part)
  })

  it('take effect once after they are repaired and replayed', async () => {
    const { id } = await deadLetterAbout(mended, 'open')
    const file = join(folder, 'mended.json')
    await writeFile(file, orderEvent(mended, eventId, { status: 'CONFIRMED' }))
    const replayed = await orderpipeline('dlq', 'replay', 'shop', id, '--edit', file, '--by', 'e2e')
    expect([replayed.code, replayed.stderr]).toEqual([0, ''])
    const statuses = await waitFor(
      'the customer told',
      async () => {
        const states = await platform.ledger.toldOf(mended)
        return states.length > 0 ? { done: true, value: states } : { done: false, seen: 'nothing told' }
      },
      { seconds: 30 },
    )
    expect(statuses.value).toEqual(['CONFIRMED'])
    await deadLetterAbout(mended, 'replayed')
  })

  it('are done after they are discarded', async () => {
    const { id } = await deadLetterAbout(discarded, 'open')
    const { code, stderr } = await orderpipeline('dlq', 'discard', 'shop', id, '--yes', '--by', 'e2e')
    expect([code, stderr]).toEqual([0, ''])
    await deadLetterAbout(discarded, 'discarded')
    expect(await platform.ledger.toldOf(discarded)).toEqual([])
  })
})
