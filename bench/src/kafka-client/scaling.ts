// What does one way do while its group is scaled from few members to many and back? Idle first,
// then under a steady load of a message to each partition every so often.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTopics } from '@orderpipeline/kafka'
import { silentLogger } from '@orderpipeline/process'
import { z } from 'zod'
import { processorSecondsBelow } from '../sync-async/cpu.ts'
import { startChild } from './child.ts'
import type { Child } from './child.ts'
import { consumersReport, producerReport } from './commands.ts'
import type { ConsumersCommand, ConsumersReport, ProducerCommand, ProducerReport } from './commands.ts'
import type { Delivery } from './delivery.ts'
import type { WayName } from './member.ts'

export interface ScalingOptions {
  readonly partitions: number
  /** Members before and after. */
  readonly few: number
  readonly many: number
  /** Milliseconds from the start, or the end, of one member to that of the next. */
  readonly memberEveryMs: number
  /** Milliseconds from one message of a partition to the next. */
  readonly messageEveryMs: number
  readonly idleSeconds: number
  readonly steadySeconds: number
  /** After a change of the group, once all partitions have an owner again. */
  readonly holdSeconds: number
}

export interface Change extends Delivery {
  /**
   * From the first member's start or end until all partitions have one owner; the deadline where
   * that did not happen.
   */
  readonly settledMs: number
}

export interface ScalingResult {
  /** Milliseconds of a core in a second, without messages. */
  readonly idle: { readonly members: number; readonly broker: number }
  /** Microseconds of a core for a message under the steady load. */
  readonly steady: { readonly members: number; readonly broker: number }
  readonly up: Change
  readonly down: Change
  readonly restarts: number
  readonly lastError: string | undefined
  /** Sent and never handled. */
  readonly lost: number
}

export type Consumers = Child<ConsumersCommand, ConsumersReport | null>
export type Producer = Child<ProducerCommand, ProducerReport>

export function startConsumers(): Consumers {
  return startChild('consumers-main.ts', z.union([consumersReport, z.null()]))
}
export function startProducer(): Producer {
  return startChild('producer-main.ts', producerReport)
}

const settleDeadlineMs = 60_000
const checkEveryMs = 250

export async function measureScaling(
  bootstrapServers: string,
  way: WayName,
  options: ScalingOptions,
): Promise<ScalingResult> {
  const { partitions, few, many } = options
  const topic = `bench-${way}-${randomUUID()}`
  await createTopics(
    { brokers: bootstrapServers.split(','), clientId: 'bench' },
    [{ topic, partitions }],
    silentLogger(),
  )
  const [consumers, producer] = [startConsumers(), startProducer()]
  try {
    await consumers.request({ kind: 'join', way, bootstrapServers, groupId: topic, topic, partitions })
    await scaled(consumers, few, options)
    await sleep(options.holdSeconds * 1_000)
    const idleUse = await useOver(consumers, options.idleSeconds)
    const idle = {
      members: idleUse.membersMs / options.idleSeconds,
      broker: idleUse.brokerMs / options.idleSeconds,
    }
    await producer.request({ kind: 'load', bootstrapServers, topic, partitions, everyMs: options.messageEveryMs })
    await until(async () => (await reportOf(consumers)).total >= 3 * partitions, settleDeadlineMs)
    const use = await useOver(consumers, options.steadySeconds)
    const steady = { members: (use.membersMs * 1_000) / use.handled, broker: (use.brokerMs * 1_000) / use.handled }
    const up = await scaled(consumers, many, options)
    const down = await scaled(consumers, few, options)
    const { sent } = await producer.request({ kind: 'stop' })
    await until(async () => (await reportOf(consumers)).total >= sent, settleDeadlineMs)
    const { total, restarts, lastError } = await reportOf(consumers)
    return { idle, steady, up, down, restarts, lastError, lost: sent - total }
  } finally {
    await Promise.all([consumers.close(), producer.close()])
  }
}

/** Resolves once each partition has one owner, and a while after. */
async function scaled(consumers: Consumers, members: number, options: ScalingOptions): Promise<Change> {
  const { partitions, memberEveryMs, holdSeconds } = options
  await reportOf(consumers, true)
  const startedAt = performance.now()
  await consumers.request({ kind: 'scale', members, everyMs: memberEveryMs })
  const settled = async (): Promise<boolean> => {
    const { assigned, assignedTwice, withoutPartitions } = await reportOf(consumers)
    return assigned === partitions && assignedTwice === 0 && withoutPartitions === Math.max(0, members - partitions)
  }
  await until(settled, settleDeadlineMs)
  const settledMs = performance.now() - startedAt
  await sleep(holdSeconds * 1_000)
  const { delivery } = await reportOf(consumers, true)
  return { ...delivery!, settledMs }
}

async function useOver(consumers: Consumers, seconds: number) {
  const [before, brokerBefore] = [await reportOf(consumers), await brokerMs()]
  await sleep(seconds * 1_000)
  const [after, brokerAfter] = [await reportOf(consumers), await brokerMs()]
  return {
    membersMs: after.cpuMs - before.cpuMs,
    brokerMs: brokerAfter - brokerBefore,
    handled: after.total - before.total,
  }
}

/** 0 where the broker is not this benchmark's own. */
async function brokerMs(): Promise<number> {
  return (await processorSecondsBelow(process.pid, 'java')) * 1_000
}

export async function reportOf(consumers: Consumers, fresh = false): Promise<ConsumersReport> {
  const report = await consumers.request({ kind: 'report', fresh })
  if (!report) throw new Error('the members gave no report')
  return report
}

/** Until the deadline at most: what has not happened by then shows in the figures. */
export async function until(holds: () => Promise<boolean>, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await holds()) && performance.now() < deadline) await sleep(checkEveryMs)
}
