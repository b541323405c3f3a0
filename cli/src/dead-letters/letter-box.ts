// How does a command read a pipeline's dead letters and say what became of them? Straight in Kafka: there is no other record.
import {
  createProducer,
  deadLetterTopicOf,
  kafkaAddress,
  lettersOf,
  markRecord,
  PublishFailed,
  replayRecord,
  stageOfTopic,
} from '@orderpipeline/kit-kafka'
import type { KafkaConfig, Letter, Replay } from '@orderpipeline/kit-kafka'
import {
  kafkaConnection,
  KafkaUnavailable,
  readTopicToEnd,
  topicNames,
  TopicTooLarge,
} from '@orderpipeline/kit-kafka-admin'
import { silentLogger } from '@orderpipeline/kit-telemetry'
import { CommandFailed } from '../environment.ts'
import { unreachableAdvice } from '../kafka/way.ts'

export interface LetterBox {
  /** Stages that have dead letters or once had some; in alphabetical order. */
  stages(): Promise<string[]>
  /** All letters of these stages that are not older, oldest first. */
  letters(stages: readonly string[], since?: Date): Promise<Letter[]>
  /**
   * Plays messages again, in the order given, and then marks their letters. After a crash between the two a letter is still
   * open: played once more, its message is known to the stage's inbox.
   */
  replay(replays: readonly (Replay & { readonly forced: boolean })[]): Promise<void>
  discard(letters: readonly Letter[], by: string, at: Date): Promise<void>
  close(): Promise<void>
}

const clientId = 'orderpipeline-cli'
const answerTimeoutMs = 10_000

/** Every method @throws CommandFailed with what to do about it. */
export function openLetterBox(config: KafkaConfig, pipeline: string): LetterBox {
  const address = kafkaAddress(config, clientId)
  const { tls, sasl } = address.security ?? {}
  const mechanism = config.KAFKA_SASL_MECHANISM
  const security = { ...(tls ? { tls } : {}), ...(sasl && mechanism ? { sasl: { ...sasl, mechanism } } : {}) }
  const bootstrapServers = config.KAFKA_BOOTSTRAP_SERVERS.join(',')
  const kafka = kafkaConnection({
    bootstrapServers,
    clientId,
    timeoutMs: answerTimeoutMs,
    security: () => Promise.resolve(security),
  })
  const producer = createProducer(address, silentLogger())

  return {
    stages: () =>
      told(async () => (await topicNames(kafka)).flatMap((topic) => stageOfTopic(pipeline, topic) ?? []).sort()),
    letters: (stages, since) =>
      told(async () => {
        const all: Letter[] = []
        for (const stage of stages)
          all.push(...lettersOf(stage, await readTopicToEnd(kafka, deadLetterTopicOf(pipeline, stage), { since })))
        return all.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
      }),
    replay: (replays) =>
      told(async () => {
        await producer.send(replays.map(replayRecord))
        await producer.send(
          replays.map(({ letter, value, by, at, forced }) =>
            markRecord(letter, {
              letter: letter.id,
              action: 'replayed',
              by,
              at: at.toISOString(),
              ...(value === undefined ? {} : { edited: true }),
              ...(forced ? { forced } : {}),
            }),
          ),
        )
      }),
    discard: (letters, by, at) =>
      told(() =>
        producer.send(
          letters.map((letter) =>
            markRecord(letter, { letter: letter.id, action: 'discarded', by, at: at.toISOString() }),
          ),
        ),
      ),
    close: async () => {
      await producer.close()
      await kafka.close()
    },
  }
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof KafkaUnavailable) throw new CommandFailed(`Kafka: ${cause.message}`, adviceOn(cause))
    if (cause instanceof PublishFailed)
      throw new CommandFailed(`Kafka took no messages: ${cause.message}`, {
        advice: 'Does the topic still exist, and may this user write to it? What was not written is still open.',
        cause,
      })
    if (cause instanceof TopicTooLarge)
      throw new CommandFailed(cause.message, { advice: 'Ask for fewer with --since, or for one stage.', cause })
    throw cause
  }
}

const adviceOn = ({ reason }: KafkaUnavailable) => (reason === 'Unreachable' ? { advice: unreachableAdvice } : {})
