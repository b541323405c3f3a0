// How do KafkaTopics become topics? By the code of the local cluster's Topic Operator, on the
// objects of this process.
import { setTimeout as sleep } from 'node:timers/promises'
import { reconcileTopics } from '@orderpipeline/cluster/embedding'
import type { TopicResource } from '@orderpipeline/cluster/embedding'
import { topicAdmin, topicNames } from '@orderpipeline/kafka-admin'
import type { KafkaConnection } from '@orderpipeline/kafka-admin'
import type { KafkaTopic, OrderPipeline, Resource } from '@orderpipeline/operator/api'
import { kafkaTopics, topicPrefix } from '@orderpipeline/operator/pipeline'
import type { LocalObjects } from '../objects/local-objects.ts'

const resource: Resource = { apiVersion: 'kafka.strimzi.io/v1', kind: 'KafkaTopic', plural: 'kafkatopics' }
const againMs = 1_000

export class Topics {
  readonly #objects: LocalObjects
  readonly #kafka: KafkaConnection
  readonly #print: (line: string) => void
  readonly #dirty = new Set<string>()
  #wake = Promise.withResolvers<void>()
  #closing = false
  #running: Promise<void> | undefined

  constructor(objects: LocalObjects, kafka: KafkaConnection, print: (line: string) => void) {
    this.#objects = objects
    this.#kafka = kafka
    this.#print = print
  }

  /**
   * Topics that an earlier run has made keep their partitions, as the operator keeps those of
   * topics it finds.
   */
  async recall(pipeline: OrderPipeline): Promise<void> {
    const admin = topicAdmin(this.#kafka)
    const names = (await topicNames(this.#kafka)).filter((name) => name.startsWith(topicPrefix(pipeline.metadata.name)))
    const described = await admin.describe(names)
    const existing = [...described].flatMap(([name, outcome]): KafkaTopic[] =>
      outcome.ok && outcome.value ? [topicOf(name, outcome.value.partitions)] : [],
    )
    const nameSet = new Set(names)
    for (const topic of kafkaTopics(pipeline, existing))
      if (nameSet.has(topic.metadata.name))
        this.#objects.put({ ...topic, spec: { ...topic.spec, ...partitionsOf(existing, topic.metadata.name) } })
  }

  run(): void {
    this.#running = this.#work()
  }

  /** Called when a KafkaTopic was created, changed or marked for deletion. */
  mark(name: string): void {
    this.#dirty.add(name)
    this.#wake.resolve()
  }

  async close(): Promise<void> {
    this.#closing = true
    this.#wake.resolve()
    await this.#running
  }

  async #work(): Promise<void> {
    const admin = topicAdmin(this.#kafka)
    const objects = this.#objects
    const world = {
      kube: {
        list: () => Promise.reject(new Error('not listed')),
        watch: () => {
          throw new Error('not watched')
        },
        setFinalizers: async (topic: TopicResource, finalizers: readonly string[]) =>
          (await objects.kube.setFinalizers(resource, asObject(topic), finalizers)) as unknown as TopicResource,
        writeStatus: async (topic: TopicResource, status: unknown) =>
          (await objects.kube.applyStatus(resource, { ...asObject(topic), status })) as unknown as TopicResource,
        close: () => undefined,
      },
      kafka: admin,
      all: () => objects.all('KafkaTopic') as unknown as readonly TopicResource[],
      remember: () => undefined,
      now: () => new Date(),
      log: (line: string) => this.#print(line),
    }
    while (!this.#closing) {
      await this.#wake.promise
      await sleep(40) // what comes together is done together
      this.#wake = Promise.withResolvers()
      const batch = (objects.all('KafkaTopic') as unknown as readonly TopicResource[]).filter(({ metadata }) =>
        this.#dirty.delete(metadata.name),
      )
      this.#dirty.clear()
      if (batch.length === 0 || this.#closing) continue
      try {
        const again = await reconcileTopics(batch, world)
        if (again.length > 0)
          setTimeout(() => again.forEach(({ metadata }) => this.mark(metadata.name)), againMs).unref()
      } catch {
        // Kafka is away, which its own supervision says; the topics are looked at again.
        setTimeout(() => batch.forEach(({ metadata }) => this.mark(metadata.name)), againMs).unref()
      }
    }
  }
}

function asObject({ metadata }: TopicResource) {
  return { apiVersion: resource.apiVersion, kind: resource.kind, metadata }
}

function topicOf(name: string, partitions: number): KafkaTopic {
  return {
    ...{ apiVersion: resource.apiVersion, kind: 'KafkaTopic', metadata: { name } },
    spec: { partitions },
  }
}

/** As the topic is: a spec that says another number then differs from it, and is carried out. */
function partitionsOf(existing: readonly KafkaTopic[], name: string) {
  const partitions = existing.find(({ metadata }) => metadata.name === name)?.spec.partitions
  return partitions === undefined ? {} : { partitions }
}
