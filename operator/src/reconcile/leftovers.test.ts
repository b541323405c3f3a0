// From which objects in Terminating does the operator remove the finalizer of another program, and
// when?
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { KubeObject } from '../api/index.ts'
import { ApiError, NotLeaderError } from '../kube/errors.ts'
import { leftovers } from './leftovers.ts'

const waitMs = 1000
const keda = 'finalizer.keda.sh'
const strimzi = 'strimzi.io/topic-operator'

function object(kind: string, finalizers: string[], more: object = {}): KubeObject {
  return {
    apiVersion: 'any/v1',
    kind,
    metadata: { name: 'shop', namespace: 'a', uid: kind, deletionTimestamp: 'now', finalizers, ...more },
  }
}
const ofKafka = { labels: { 'strimzi.io/cluster': 'kafka' } }

/** `kafka`: whether the Kafka resource is there. */
function environment(kafka: boolean, refusal?: Error) {
  const reports: string[] = []
  const failures: unknown[] = []
  const finalizers = leftovers(
    {
      get: () => Promise.resolve(kafka ? object('Kafka', []) : undefined),
      setFinalizers: (_, { kind, metadata }, finalizers) => {
        if (refusal) return Promise.reject(refusal)
        reports.push(`${kind} ${metadata.resourceVersion ?? ''}${JSON.stringify(finalizers)}`)
        return Promise.resolve(object(kind, [...finalizers]))
      },
    },
    { released: () => undefined, failed: (_, error) => failures.push(error) },
    waitMs,
  )
  const note = (one: KubeObject): void => finalizers.note({ kind: 'set', object: one, before: undefined })
  return { held: finalizers, note, left: reports, failures }
}

describe('objects that another program holds in Terminating', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('lose KEDA’s finalizer after a while, and keep all others', async () => {
    const { note, left } = environment(true)
    note(object('ScaledObject', [keda, 'example.com/another']))
    note(object('TriggerAuthentication', [keda]))
    await vi.advanceTimersByTimeAsync(waitMs - 1)
    expect(left).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(left).toEqual(['ScaledObject ["example.com/another"]', 'TriggerAuthentication []'])
    await vi.advanceTimersByTimeAsync(10 * waitMs)
    expect(left).toHaveLength(2)
  })

  it('are left alone where KEDA finishes in time, and where nothing deletes them', async () => {
    const { held, note, left } = environment(true)
    note(object('ScaledObject', [keda]))
    note(object('TriggerAuthentication', [keda], { deletionTimestamp: undefined }))
    await vi.advanceTimersByTimeAsync(waitMs / 2)
    held.note({ kind: 'gone', object: object('ScaledObject', []) })
    await vi.advanceTimersByTimeAsync(10 * waitMs)
    expect(left).toEqual([])
  })

  it('are topics of a Kafka cluster that is gone, and none of one that is there', async () => {
    const there = environment(true)
    const withoutKafka = environment(false)
    for (const { note } of [there, withoutKafka]) note(object('KafkaTopic', [strimzi], ofKafka))
    await vi.advanceTimersByTimeAsync(10 * waitMs)
    expect([there.left, withoutKafka.left]).toEqual([[], ['KafkaTopic []']])
  })

  it('are changed in their newest version only', async () => {
    const { note, left } = environment(true)
    note(object('ScaledObject', [keda], { resourceVersion: '1' }))
    note(object('ScaledObject', [keda], { resourceVersion: '2' }))
    await vi.advanceTimersByTimeAsync(waitMs)
    expect(left).toEqual(['ScaledObject 2[]'])
  })

  it('are tried again after a refusal, which is reported unless another replica leads or writes', async () => {
    for (const [refusal, reports] of [
      [new ApiError(403, 'Forbidden', 'no'), 2],
      [new ApiError(409, 'Conflict', 'changed'), 0],
      [new NotLeaderError(), 0],
      [new ApiError(404, 'NotFound', 'gone'), 0],
    ] as const) {
      const { held, note, failures } = environment(true, refusal)
      note(object('ScaledObject', [keda]))
      await vi.advanceTimersByTimeAsync(2 * waitMs)
      expect(failures).toHaveLength(reports)
      held.close()
    }
  })
})
