// Which client should consume and produce here? kafkajs, as packages/kafka uses it, against
// @platformatic/kafka with three protocols, on the same broker in turns: standstill and pauses
// while a group is scaled, and processor time of a message and of an idle group.
import { withOwnKafka } from '../own-servers.ts'
import type { Row } from '../table.ts'
import { wayNames, wayTitles } from './member.ts'
import type { WayName } from './member.ts'
import { measureScaling } from './scaling.ts'
import type { Change, ScalingOptions, ScalingResult } from './scaling.ts'
import { batchSizes, createBacklog, measureConsuming, measureSending } from './throughput.ts'
import type { SendingResult } from './throughput.ts'

export interface KafkaClientBenchOptions extends ScalingOptions {
  readonly messages: number
  readonly rounds: number
  readonly ways: readonly WayName[]
  readonly say: (line: string) => void
}

export interface WayResult {
  readonly scaling: ScalingResult
  readonly consuming: number
  readonly sending: SendingResult
}

export function benchKafkaClient(options: KafkaClientBenchOptions): Promise<Row[]> {
  return withOwnKafka(async (bootstrapServers) => rowsOf(await measureClients(bootstrapServers, options)))
}

/** By way, one result a round; every other round begins with the last way. */
export async function measureClients(
  bootstrapServers: string,
  options: KafkaClientBenchOptions,
): Promise<ReadonlyMap<WayName, readonly WayResult[]>> {
  const { rounds, say } = options
  const ways = wayNames.filter((way) => options.ways.includes(way))
  const throughput = { partitions: options.partitions, members: options.few, messages: options.messages }
  const backlog = await createBacklog(bootstrapServers, throughput)
  const results = new Map<WayName, WayResult[]>(ways.map((way) => [way, []]))
  for (let round = 1; round <= rounds; round++)
    for (const way of round % 2 === 1 ? ways : ways.toReversed()) {
      say(`round ${round} of ${rounds}: ${wayTitles[way]} …`)
      const client = way === 'kafkajs' ? way : 'platformatic'
      const result = {
        scaling: await measureScaling(bootstrapServers, way, options),
        consuming: await measureConsuming(bootstrapServers, way, backlog, throughput),
        sending: await measureSending(bootstrapServers, client, throughput),
      }
      say(JSON.stringify(result))
      results.get(way)?.push(result)
    }
  return results
}

type Figure = (result: WayResult) => number | string

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1)
}
function figuresOf(change: string, of: (scaling: ScalingResult) => Change): Record<string, Figure> {
  return {
    [`${change}: nothing handled for, s`]: ({ scaling }) => seconds(of(scaling).standstillMs),
    [`${change}: longest pause of a partition, s`]: ({ scaling }) => seconds(of(scaling).longestPauseMs),
    [`${change}: longest pause, mean of partitions, s`]: ({ scaling }) => seconds(of(scaling).meanPauseMs),
    [`${change}: in pauses over 1 s, mean of partitions, s`]: ({ scaling }) => seconds(of(scaling).meanPausedMs),
    [`${change}: settled after, s`]: ({ scaling }) => seconds(of(scaling).settledMs),
    [`${change}: messages handled twice`]: ({ scaling }) => of(scaling).duplicates,
  }
}

const figures: Readonly<Record<string, Figure>> = {
  ...figuresOf('up', ({ up }) => up),
  ...figuresOf('down', ({ down }) => down),
  'messages lost': ({ scaling }) => scaling.lost,
  'clients made again': ({ scaling }) => scaling.restarts,
  'idle members, ms/s': ({ scaling }) => scaling.idle.members.toFixed(1),
  'idle members, broker ms/s': ({ scaling }) => scaling.idle.broker.toFixed(1),
  'steady load, µs/message': ({ scaling }) => Math.round(scaling.steady.members),
  'steady load, broker µs/message': ({ scaling }) => Math.round(scaling.steady.broker),
  'backlog, µs/message': ({ consuming }) => consuming.toFixed(1),
  [`batches of ${batchSizes.stage}, µs/message`]: ({ sending }) => sending.stage.toFixed(1),
  [`batches of ${batchSizes.relay}, µs/message`]: ({ sending }) => sending.relay.toFixed(1),
}

/** One row a figure, one column a way, the figures of all rounds in each. */
export function rowsOf(results: ReadonlyMap<WayName, readonly WayResult[]>): Row[] {
  return Object.entries(figures).map(([figure, valueOf]) => ({
    'kafka-client': figure,
    ...Object.fromEntries([...results].map(([way, of]) => [way, of.map((result) => valueOf(result)).join(' / ')])),
  }))
}
