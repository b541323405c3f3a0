// How do the stages of a pipeline read again what was written to Kafka since a moment? Their
// consumer groups get earlier offsets, which Kafka accepts only while a group has no members.
import {
  committedOffsets,
  commitOffsets,
  GroupInUseError,
  groupsNamed,
  memberCount,
  offsetsSince,
  readEnds,
} from '@orderpipeline/kafka-admin'
import type { KafkaConnection } from '@orderpipeline/kafka-admin'
import { CommandError } from '../failure.ts'
import { groupRewind } from './rewind-plan.ts'
import type { GroupRewind } from './rewind-plan.ts'

/** Groups are named `<namespace>.<pipeline>.<stage>`. @throws KafkaUnavailableError */
export async function rewindPlan(kafka: KafkaConnection, prefix: string, to: Date): Promise<readonly GroupRewind[]> {
  const queries = [...(await groupsNamed(kafka, prefix))].sort((a, b) => a.group.localeCompare(b.group))
  const ends = await readEnds(kafka, [...new Set(queries.flatMap(({ topics }) => topics))])
  const partitions = [...ends].flatMap(([topic, of]) => [...of.keys()].map((partition) => ({ topic, partition })))
  const since = await offsetsSince(kafka, partitions, [to])
  const facts = partitions.map(({ topic, partition }) => ({
    ...{ topic, partition, low: ends.get(topic)?.get(partition)?.low ?? 0 },
    since: since.get(topic)?.get(partition)?.[0],
  }))
  const rewinds: GroupRewind[] = []
  for (const { group } of queries) {
    const committed = (await committedOffsets(kafka, group)).filter(({ offset }) => offset >= 0)
    rewinds.push(groupRewind(group, await memberCount(kafka, group), committed, facts))
  }
  return rewinds
}

/** Group by group. May be repeated. @throws CommandError, KafkaUnavailableError */
export async function performRewind(kafka: KafkaConnection, rewinds: readonly GroupRewind[]): Promise<void> {
  const busy = rewinds.filter(({ members }) => members > 0)
  if (busy.length > 0) throw inUse(busy.map(({ group }) => group))
  for (const { group, partitions } of rewinds) {
    if (partitions.length === 0) continue
    const offsets = partitions.map(({ topic, partition, target, metadata }) => ({
      ...{ topic, partition, metadata },
      offset: target,
    }))
    await commitOffsets(kafka, group, offsets).catch((error: unknown) => {
      throw error instanceof GroupInUseError ? inUse([group]) : error
    })
  }
}

function inUse(groups: readonly string[]): CommandError {
  return new CommandError(`Consumer groups with members: ${groups.join(', ')}. Their offsets are not changed.`, {
    advice: 'Suspend the pipeline, and wait until no replica runs: orderpipeline suspend <name> --within 0 --wait',
  })
}
