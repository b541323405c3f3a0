// What does a service need of Kafka? A stage's consumer with its guarantees, a producer, and topics
// for tests.
export type { KafkaAddress, KafkaSecurity } from './client.ts'
export { kafkaAddress, kafkaVariables, type KafkaConfig } from './config.ts'
export { fetchSpacing, type FetchSpacing, type FetchSpacingBounds } from './fetch-spacing.ts'
export { runStage } from './stage.ts'
export type { Stage, StageOptions } from './stage-options.ts'
export type { Partition, PartitionRecord, MessagePosition, Trial } from './quarantine.ts'
export type { PartitionOwnershipStore } from './partition-ownership.ts'
export { ForeignGroupError, offsetMetadataOf, refuseGroupOfAnother, type Group } from './group-owner.ts'
export { createProducer, PublishError, type Producer } from './producer.ts'
export type { ConsumedRecord, OutgoingRecord, RecordHeaders } from './records.ts'
export { longestRetentionHours, RetentionRefusedError } from './retention.ts'
export { createTopics, groupLag, groupMembers, readTopic, type TopicSpec } from './topics.ts'
export {
  deadLetterTopicOf,
  deadLettersOf,
  stageOfTopic,
  type DeadLetter,
  type DeadLetterAction,
  type DeadLetterState,
} from './dead-letter-record.ts'
export {
  DeadLetterAddressError,
  markRecord,
  maxReplays,
  replayRecord,
  replayStageHeader,
  type Mark,
  type Replay,
} from './replay.ts'
