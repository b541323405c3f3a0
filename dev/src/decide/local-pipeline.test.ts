import { expect, it } from 'vitest'
import type { OrderPipeline, OrderPipelineSpec } from '@orderpipeline/operator/api'
import { localPipeline, withLiveSuspension } from './local-pipeline.ts'

function pipeline(spec: Partial<OrderPipelineSpec> = {}): OrderPipeline {
  return {
    ...{ apiVersion: 'orderpipeline.dev/v1alpha1', kind: 'OrderPipeline', metadata: { name: 'shop' } },
    spec: { kafka: { strimziCluster: 'shop-kafka' }, topics: [], stages: [], ...spec },
  }
}

it('an ordinary pipeline runs unchanged, in the namespace default', () => {
  const { pipeline: local, notes } = localPipeline(pipeline())
  expect(local).toEqual({ ...pipeline(), metadata: { name: 'shop', namespace: 'default' } })
  expect(notes).toEqual([])
})

it('the Kafka of this machine replaces another one, with a note', () => {
  const external = localPipeline(pipeline({ kafka: { external: { bootstrapServers: 'kafka.example:9092' } } }))
  expect(external.pipeline.spec.kafka).toEqual({ strimziCluster: 'shop-kafka' })
  expect(external.notes).toEqual([expect.stringContaining('kafka.example:9092')])
  const secured = localPipeline(pipeline({ kafka: { strimziCluster: 'k', listener: { tls: {} } } }))
  expect(secured.pipeline.spec.kafka).toEqual({ strimziCluster: 'k' })
  expect(secured.notes).toHaveLength(1)
})

it('triggers that have no effect on this machine are listed', () => {
  const scaling = { minReplicas: 1, maxReplicas: 2, lagPerReplica: 1, prometheus: { query: 'up', perReplica: 1 } }
  const { notes } = localPipeline(pipeline({ stages: [{ name: 'audit', consumes: [{ topic: 'a' }], scaling }] }))
  expect(notes).toEqual([expect.stringContaining('audit: a Prometheus query')])
})

it('a suspension by command outlives an edit of the file, unless the file sets suspend', () => {
  const live = pipeline({ suspend: true })
  expect(withLiveSuspension(pipeline(), live, false).spec.suspend).toBe(true)
  expect(withLiveSuspension(pipeline({ suspend: false }), live, true).spec.suspend).toBe(false)
})
