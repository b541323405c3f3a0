// What does a service need of Kafka? A stage's consumer with its guarantees, a producer, and topics
// for tests.
export type { KafkaAddress, KafkaSecurity } from './client/client.ts'
export { kafkaAddress, kafkaVariables, type KafkaConfig } from './client/config.ts'
export { fetchSpacing, type FetchSpacing, type FetchSpacingBounds } from './consumer/fetch-spacing.ts'
export { createProcessorWait } from './consumer/processor-wait.ts'
export { runStage } from './stage.ts'
export type { Stage, StageOptions } from './processing/stage-options.ts'
export type { Partition, PartitionRecord, MessagePosition, Trial } from './admission/quarantine.ts'
export type { PartitionOwnershipStore } from './admission/partition-ownership.ts'
export { doneAhead, readAhead, type Ahead } from './consumer/ahead-of-offset.ts'
export { ForeignGroupError, offsetMetadataOf, refuseGroupOfAnother, type Group } from './consumer/group-owner.ts'
export { createProducer, PublishError, type Producer } from './producer/producer.ts'
export type { ConsumedRecord, OutgoingRecord, RecordHeaders } from './client/records.ts'
export { longestRetentionHours, RetentionRefusedError } from './client/retention.ts'
export { createTopics, existingTopics, groupLag, groupMembers, readTopic, type TopicSpec } from './client/topics.ts'
export {
  deadLetterTopicOf,
  deadLettersOf,
  stageOfTopic,
  type DeadLetter,
  type DeadLetterAction,
  type DeadLetterState,
} from './dead-letters/dead-letter-record.ts'
export {
  DeadLetterAddressError,
  markRecord,
  maxReplays,
  replayRecord,
  replayStageHeader,
  type Mark,
  type Replay,
} from './dead-letters/replay.ts'
