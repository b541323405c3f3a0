// How is shown what a rate needs besides stages? A line for each topic with its partitions and its
// disk, one for each part with what there is of it, and Kafka in a sentence.
import type { CapacityPlan, PartNeed, PlatformPart, TopicNeed } from '@orderpipeline/operator/pipeline'
import { tables } from '../columns.ts'
import { wrapped } from '../wrapped.ts'
import { bytesText, hoursText, perMinute, short, whole } from './units.ts'

const topicHeader = ['TOPIC', 'MESSAGES/S', 'BYTES/S', 'PARTITIONS', 'FOR WORK', 'FOR BYTES', 'KEPT', 'DISK'] as const
const partHeader = ['PART', 'NEEDED', 'CARRIES', 'LOAD'] as const

export const partTexts: Readonly<Record<PlatformPart, { readonly name: string; readonly unit: string }>> = {
  gateway: { name: 'the gateway', unit: 'replicas' },
  relay: { name: 'the relay', unit: 'relay' },
  database: { name: 'the database', unit: 'cores' },
  connections: { name: 'the connections', unit: 'connections' },
}

export function platformLines({ topics, parts, brokers, databaseWrites }: CapacityPlan, width?: number): string[] {
  const kafka =
    `Kafka: ${brokers.count} brokers, with ${whole.format(brokers.partitions)} partitions and ` +
    `${bytesText(brokers.diskBytes)} of disk, and ${bytesText(brokers.bytesPerSecond)} written a second, ` +
    'copies included.'
  const writes =
    databaseWrites === undefined ? [] : [`PostgreSQL: ${whole.format(databaseWrites)} rows written a second.`]
  return [
    ...table(topicHeader, topics.map(topicRow), width),
    '',
    ...(parts.length === 0 ? [] : [...table(partHeader, parts.map(partRow), width), '']),
    ...[kafka, ...writes].flatMap((line) => wrapped(line, width, 0)),
  ]
}

function table(header: readonly string[], rows: readonly string[][], width: number | undefined): string[] {
  return tables(header, rows, { width }).flatMap(({ titles, lines }) => [titles, ...lines])
}

function topicRow(need: TopicNeed): string[] {
  return [
    need.topic,
    short.format(need.messagesPerSecond),
    bytesText(need.bytesPerSecond),
    String(need.partitions),
    need.byParallelism === undefined ? '-' : String(need.byParallelism),
    String(need.byThroughput),
    hoursText(need.retentionHours),
    bytesText(need.diskBytes),
  ]
}

function partRow({ part, needed, available, sustainable, load }: PartNeed): string[] {
  return [
    part,
    `${short.format(needed)}${available === undefined ? '' : ` of ${whole.format(available)}`} ${partTexts[part].unit}`,
    perMinute(sustainable),
    load === undefined ? '-' : `${whole.format(load * 100)} %`,
  ]
}

export function partAdvice({ part, needed, available = 0 }: PartNeed, peak: number): string {
  switch (part) {
    case 'gateway':
      return `the gateway needs maxReplicas ${needed} instead of ${available}.`
    case 'relay':
      return `the relay publishes less than ${perMinute(peak)}, and a pipeline has one: divide the orders among pipelines.`
    case 'database':
      return `the database needs ${whole.format(Math.ceil(needed))} cores instead of ${available} (--figure databaseCores), or divide the orders among pipelines with a database each.`
    case 'connections':
      return `spec.database.maxConnections needs to be ${needed} instead of ${available}.`
  }
}

export function topicAdvice(topics: readonly TopicNeed[]): string[] {
  return topics
    .filter(({ byThroughput, partitions }) => byThroughput > partitions)
    .map(
      ({ topic, byThroughput, partitions }) =>
        `${topic} needs ${byThroughput} partitions instead of ${partitions} for its bytes.`,
    )
}
