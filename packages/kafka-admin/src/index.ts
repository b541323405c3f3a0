// What does a program need that administers Kafka? Topics described and changed, and how far
// consumer groups have come; many at a time, in few requests.
export { kafkaConnection, type KafkaConnection, type KafkaEndpoint, type KafkaSecurity } from './connection.ts'
export { committedOffsets, commitOffsets, GroupInUseError, memberCount, type CommittedOffset } from './group-offsets.ts'
export { groupsNamed, offsetsSince, type OffsetsSince } from './groups.ts'
export { KafkaUnavailableError, type UnavailableReason } from './unavailable.ts'
export { everWritten, readEnds, readOffsets, type GroupQuery, type PartitionOffsets } from './offsets.ts'
export type { DescribedConfig, DescribedTopic, NewTopic, Outcome, TopicAdmin, TopicError } from './outcome.ts'
export { topicAdmin } from './topic-admin.ts'
export {
  readTopicToEnd,
  recordsBetween,
  topicNames,
  TopicTooLargeError,
  type ReadingOptions,
  type ReadPartition,
  type TopicRecord,
} from './topic-reading.ts'
export { topicFollower, type TopicFollower, type TopicObserver } from './topic-following.ts'
