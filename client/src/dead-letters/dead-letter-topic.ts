// How does a command read a pipeline's dead letters and record what was done with them? Directly
// in Kafka: there is no other record.
import {
  createProducer,
  deadLetterTopicOf,
  kafkaAddress,
  deadLettersOf,
  markRecord,
  replayRecord,
  stageOfTopic,
} from '@orderpipeline/kafka'
import type { KafkaConfig, DeadLetter, Replay } from '@orderpipeline/kafka'
import { readTopicToEnd, topicNames } from '@orderpipeline/kafka-admin'
import { silentLogger } from '@orderpipeline/process'
import { clientId, connectionTo, withAdvice } from '../kafka/connect.ts'

export interface DeadLetterTopic {
  /** Stages that have dead letters, or had some earlier; in alphabetical order. */
  stages(): Promise<string[]>
  /** All dead letters of these stages that are not older, oldest first. */
  read(stages: readonly string[], since?: Date): Promise<DeadLetter[]>
  /**
   * Replays messages in the order of the list, and then marks their dead letters. After a crash
   * between the two steps a dead letter is still open. A second replay is harmless: the stage's
   * inbox has the message.
   */
  replay(replays: readonly (Replay & { readonly forced: boolean })[]): Promise<void>
  discard(deadLetters: readonly DeadLetter[], by: string, at: Date): Promise<void>
  close(): Promise<void>
}

/** Every method @throws CommandError with what to do about it. */
export function openDeadLetterTopic(config: KafkaConfig, pipeline: string): DeadLetterTopic {
  const kafka = connectionTo(config)
  const producer = createProducer(kafkaAddress(config, clientId), silentLogger())

  return {
    stages: () =>
      withAdvice(async () => (await topicNames(kafka)).flatMap((topic) => stageOfTopic(pipeline, topic) ?? []).sort()),
    read: (stages, since) =>
      withAdvice(async () => {
        const all: DeadLetter[] = []
        for (const stage of stages)
          all.push(...deadLettersOf(stage, await readTopicToEnd(kafka, deadLetterTopicOf(pipeline, stage), { since })))
        return all.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
      }),
    replay: (replays) =>
      withAdvice(async () => {
        await producer.send(replays.map(replayRecord))
        await producer.send(
          replays.map(({ letter: deadLetter, value, by, at, forced }) =>
            markRecord(deadLetter, {
              letter: deadLetter.id,
              action: 'replayed',
              by,
              at: at.toISOString(),
              ...(value === undefined ? {} : { edited: true }),
              ...(forced ? { forced } : {}),
            }),
          ),
        )
      }),
    discard: (deadLetters, by, at) =>
      withAdvice(() =>
        producer.send(
          deadLetters.map((deadLetter) =>
            markRecord(deadLetter, { letter: deadLetter.id, action: 'discarded', by, at: at.toISOString() }),
          ),
        ),
      ),
    close: async () => {
      await producer.close()
      await kafka.close()
    },
  }
}
