// Does every replica of the operator answer KEDA with the replicas that a stage needs for its flow,
// on a real Kafka and API server?
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaBootstrap } from '@orderpipeline/cluster/testing'
import { kafkaConnection, topicAdmin } from '@orderpipeline/kafka-admin'
import { Kafka, logLevel } from 'kafkajs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { orderPipelines } from '../src/api/index.ts'
import type { Deployment, OrderPipeline, ScaledObject, StageScaling } from '../src/api/index.ts'
import { kafkaClients } from '../src/kafka/clients.ts'
import { kafkaLagReader } from '../src/kafka/lag-reader.ts'
import type { LagReader } from '../src/kafka/lag-reader.ts'
import type { FlowAnswer } from '../src/pipeline/index.ts'
import { child, eventually, testEnvironment, runOperator } from './test-environment.ts'
import type { TestEnvironment, Running } from './test-environment.ts'

const scaling: StageScaling = { policy: 'Flow', minReplicas: 1, maxReplicas: 5, drainSeconds: 15 }
const clients = kafkaClients(() => Promise.resolve({}), 3_000)

describe('a pipeline with a stage scaled on flow', () => {
  let on: TestEnvironment
  let name: string
  const operators: Running[] = []
  let reads = 0
  const counted = (reader: LagReader): LagReader => ({
    ...reader,
    read: async (queries) => {
      const read = await reader.read(queries)
      if (queries.length > 0) reads += 1
      return read
    },
  })
  const start = async (): Promise<Running> => {
    const environment = { FLOW_SCALER_URL: 'http://scaler.example:8081/', FLOW_SCALER_PORT: '0' }
    const operator = await runOperator(
      on,
      { lagReaderFor: (access) => counted(kafkaLagReader(clients.of(access))) },
      { ...environment, FLOW_INTERVAL_SECONDS: '1' },
    )
    operators.push(operator)
    await eventually('the operator knows the pipelines', () => Promise.resolve(operator.synced()))
    return operator
  }
  const create = async (bootstrapServers: string, bounds: Partial<StageScaling> = {}): Promise<void> => {
    const stage = { name: 'work', image: 'work:1', consumes: [{ topic: 'in' }], concurrency: 1, workSeconds: 0.1 }
    await on.kube.create(orderPipelines, {
      apiVersion: orderPipelines.apiVersion,
      kind: orderPipelines.kind,
      metadata: { name, namespace: on.namespace },
      spec: {
        kafka: { external: { bootstrapServers } },
        topics: [{ name: 'in', partitions: 8, replicationFactor: 1, minInSyncReplicas: 1 }],
        stages: [{ ...stage, scaling: { ...scaling, ...bounds } }],
        deletionPolicy: 'Delete',
      },
    })
  }
  const ask = async ({ flowPort }: Running, path = `${on.namespace}/${name}/work`) => {
    const response = await fetch(`http://127.0.0.1:${flowPort ?? 0}/v1/flow/${path}`)
    return { status: response.status, body: (await response.json()) as FlowAnswer & { error?: string } }
  }

  beforeEach(async () => {
    on = await testEnvironment()
    name = `f${randomBytes(4).toString('hex')}`
  })
  afterEach(async () => {
    await Promise.all(operators.splice(0).map((operator) => operator.stop()))
    const connection = kafkaConnection({ bootstrapServers: kafkaBootstrap(), clientId: name, timeoutMs: 10_000 })
    const admin = topicAdmin(connection)
    await admin.delete([`${name}.in`, `${name}.work.dead-letters`])
    await admin.close()
  })

  it('gets the same answer from the leader and its standby, with the replicas for its arrivals and the reason', async () => {
    const both = [await start(), await start()]
    await create(kafkaBootstrap())
    await eventually('the stage has its Deployment', () => child(on, 'Deployment', `${name}-work`))
    const producer = new Kafka({ brokers: [kafkaBootstrap()], logLevel: logLevel.NOTHING }).producer()
    await producer.connect()
    const load = new AbortController()
    const loading = (async () => {
      for (; !load.signal.aborted; await sleep(200))
        await producer.send({ topic: `${name}.in`, messages: Array.from({ length: 10 }, () => ({ value: 'x' })) })
    })()
    try {
      // 50 messages a second arrive and none is handled; a replica handles 10 a second, so that
      // five are too few.
      for (const operator of both) {
        const { body } = await eventually('all replicas asked for', async () => {
          const answer = await ask(operator)
          return answer.status === 200 && answer.body.replicas === scaling.maxReplicas && answer
        })
        expect(body).toMatchObject({ metric: 5, current: 1 })
        expect(body.reason).toMatch(
          /messages per second arrive .* a replica handles 10 per second, from workSeconds; maxReplicas 5 is the largest number/,
        )
      }
    } finally {
      load.abort()
      await loading
      await producer.disconnect()
    }
  })

  it('is started from zero by its first message, says so in its status, and then costs no write', async () => {
    await start()
    await create(kafkaBootstrap(), { minReplicas: 0 })
    const replicas = async () =>
      ((await child(on, 'Deployment', `${name}-work`)) as Deployment | undefined)?.spec.replicas
    await eventually('the stage has a Deployment without replicas', async () => (await replicas()) === 0)
    await eventually('its ScaledObject', () => child(on, 'ScaledObject', `${name}-work`))
    const before = reads
    await eventually('more reads', () => Promise.resolve(reads > before + 3))
    expect(await replicas(), 'replicas without a message').toBe(0)
    const producer = new Kafka({ brokers: [kafkaBootstrap()], logLevel: logLevel.NOTHING }).producer()
    await producer.connect()
    await producer.send({ topic: `${name}.in`, messages: [{ value: 'x' }] })
    await producer.disconnect()
    await eventually('a replica, without KEDA', async () => (await replicas()) === 1)
    const pipeline = async () => (await on.kube.get(orderPipelines, on.namespace, name)) as OrderPipeline
    const change = await eventually('the decision in the status', async () => {
      const { status } = await pipeline()
      return status?.stages?.[0]?.lastScaling
    })
    expect(change).toMatchObject({ from: 0, to: 1 })
    expect(change.message).not.toBe('')
    // The lag stays as it is, since nothing consumes; each read decides again.
    const version = async () => (await pipeline()).metadata.resourceVersion
    await eventually('a settled pipeline', async () => {
      const [was, readBefore] = [await version(), reads]
      await eventually('ten more reads', () => Promise.resolve(reads > readBefore + 10))
      return (await version()) === was
    })
  })

  it('has a ScaledObject with which KEDA asks the operator at the configured address', async () => {
    await start()
    await create(kafkaBootstrap())
    const object = (await eventually('ScaledObject', () => child(on, 'ScaledObject', `${name}-work`))) as ScaledObject
    expect(object.spec.triggers[0]?.metadata['url']).toBe(
      `http://scaler.example:8081/v1/flow/${on.namespace}/${name}/work`,
    )
    expect(object.spec.fallback?.behavior).toBe('scalingModifiers')
  })

  it('gets an error with a reason while its Kafka is unavailable, so that KEDA scales on lag', async () => {
    const operator = await start()
    await create('127.0.0.1:1')
    const { body } = await eventually('known, and without figures', async () => {
      const answer = await ask(operator)
      return answer.status === 503 && answer
    })
    expect(body.error).toBe('its offsets are unknown yet')
    expect(await ask(operator, `${on.namespace}/other/work`)).toEqual({
      status: 404,
      body: { error: `no pipeline ${on.namespace}/other` },
    })
    expect((await ask(operator, 'x')).status).toBe(404)
  })
})
