// What is a process of members, or of a producer, asked for, and what does it answer?
import { z } from 'zod'
import { wayNames } from './member.ts'

export const consumersCommand = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('join'),
    way: z.enum(wayNames),
    bootstrapServers: z.string(),
    groupId: z.string(),
    topic: z.string(),
    partitions: z.int(),
    /** So many messages are a backlog, of which the processor time is counted. */
    backlog: z.int().default(0),
  }),
  z.object({ kind: z.literal('scale'), members: z.int(), everyMs: z.int() }),
  /** `fresh`: what was counted so far is left out of the next report. */
  z.object({ kind: z.literal('report'), fresh: z.boolean() }),
])
export type ConsumersCommand = z.input<typeof consumersCommand>

/** `delivery`: since the last fresh report; `undefined` in a report that is not fresh. */
export const consumersReport = z.object({
  cpuMs: z.number(),
  total: z.int(),
  members: z.int(),
  /** Partitions that some member has, and by how many members too many. */
  assigned: z.int(),
  assignedTwice: z.int(),
  withoutPartitions: z.int(),
  restarts: z.int(),
  lastError: z.string().optional(),
  /** Microseconds of a core for a message of the backlog, without its first fifth. */
  backlogUs: z.number(),
  delivery: z
    .object({
      handled: z.int(),
      duplicates: z.int(),
      standstillMs: z.number(),
      longestPauseMs: z.number(),
      meanPauseMs: z.number(),
      meanPausedMs: z.number(),
    })
    .optional(),
})
export type ConsumersReport = z.infer<typeof consumersReport>

export const clients = ['kafkajs', 'platformatic'] as const
const target = { bootstrapServers: z.string(), topic: z.string(), partitions: z.int() }
export const producerCommand = z.discriminatedUnion('kind', [
  /** A message to each partition every so often, until `stop`. */
  z.object({ kind: z.literal('load'), ...target, everyMs: z.int() }),
  z.object({ kind: z.literal('stop') }),
  /** So many messages in batches, one after another. */
  z.object({ kind: z.literal('send'), ...target, client: z.enum(clients), messages: z.int(), batch: z.int() }),
])
export type ProducerCommand = z.infer<typeof producerCommand>
export const producerReport = z.object({ sent: z.int(), cpuMs: z.number() })
export type ProducerReport = z.infer<typeof producerReport>
