// How many durable orders a second does one gateway accept by HTTP, one order a request?
import { randomBytes } from 'node:crypto'
import { freePort } from '@orderpipeline/cluster/supervised'
import { testDatabase } from '@orderpipeline/stage/testing'
import { z } from 'zod'
import { createProcesses } from '../../sync-async/processes.ts'
import { startGatewayAlone } from '../../sync-async/ways.ts'
import { atLeast, onOwnServers } from '../comparison.ts'
import type { Comparison, Sample, Servers } from '../comparison.ts'
import { insertAndJob } from './insert-and-job.ts'
import { httpLoad } from './load.ts'
import type { LoadSpec } from './load.ts'

export interface HttpSize extends Record<string, number> {
  readonly connections: number
  readonly warmUpSeconds: number
  readonly seconds: number
  /** Orders of the way without HTTP. */
  readonly orders: number
  /** Partitions of each topic. */
  readonly partitions: number
}

export const httpSize: HttpSize = { connections: 128, warmUpSeconds: 3, seconds: 10, orders: 40_000, partitions: 12 }

export function httpComparison(size: HttpSize = httpSize): Comparison {
  return {
    name: 'http',
    title: 'Durable orders by HTTP, one order a request',
    unit: 'orders/s',
    about: `One gateway process with its relay, ${size.connections} connections that send their next order when the last
      one is answered, and a load generator in a process of its own. An order is in PostgreSQL before its
      answer. The empty handler is Fastify's: it parses the body and keeps nothing. The INSERT and the job
      come from ${size.connections} callers in one process without HTTP, with 20 connections to PostgreSQL.`,
    here: { name: 'gateway', title: 'here: one gateway' },
    alternatives: [
      { name: 'empty', title: 'an empty Fastify handler', aim: atLeast(0.35) },
      { name: 'insert', title: 'one INSERT and one BullMQ job', aim: atLeast(2) },
    ],
    ratio: 'here / other',
    size,
    secondsPerRun: 25,
    open: onOwnServers({
      gateway: (servers) => throughGateway(servers, size),
      empty: () => throughEmptyHandler(size),
      insert: (servers) => insertAndJob(servers, { orders: size.orders, customers: size.connections }),
    }),
  }
}

async function throughGateway({ adminUrl, kafka }: Servers, size: HttpSize): Promise<Sample> {
  const database = await testDatabase(adminUrl)
  const processes = createProcesses()
  try {
    const topics = { prefix: `bench-${randomBytes(4).toString('hex')}.`, partitions: size.partitions }
    const url = await startGatewayAlone({ databaseUrl: database.url, processes }, await kafka(), topics)
    const load = await httpLoad(specOf(url, size))
    const [row] = await database.ask<{ n: number }>('orders', 'SELECT count(*)::int AS n FROM orders')
    return { ...figuresOf(load), accepted: load.accepted, present: row?.n ?? 0 }
  } finally {
    await processes.stop()
    await database.drop()
  }
}

async function throughEmptyHandler(size: HttpSize): Promise<Sample> {
  const processes = createProcesses()
  try {
    const port = await freePort()
    const origin = `http://127.0.0.1:${port}`
    const env = { HTTP_PORT: String(port) }
    await processes.start('bench/src/results/http/empty-main.ts', env, `${origin}/accepted`)
    const load = await httpLoad(specOf(`${origin}/v1/orders`, size))
    const answer: unknown = await (await fetch(`${origin}/accepted`)).json()
    const { accepted: present } = z.object({ accepted: z.int() }).parse(answer)
    return { ...figuresOf(load), accepted: load.accepted, present }
  } finally {
    await processes.stop()
  }
}

function specOf(url: string, { connections, warmUpSeconds, seconds }: HttpSize): LoadSpec {
  return { url, connections, warmUpSeconds, seconds }
}

function figuresOf({ perSecond, answerMs: [p50, p95] }: Awaited<ReturnType<typeof httpLoad>>) {
  return { value: perSecond, more: { 'answered p50, ms': p50, 'p95, ms': p95 } }
}
