import { expect, it } from 'vitest'
import type { KubeObject } from '../api/index.ts'
import { store } from '../kube/object-store.ts'
import { fingerprintAnnotation } from '../pipeline/index.ts'
import { isOwnCreation } from './reconcile-causes.ts'

function topic(resourceVersion: string, rest: object = {}, annotations = { [fingerprintAnnotation]: 'f' }): KubeObject {
  return {
    apiVersion: 'kafka.strimzi.io/v1',
    kind: 'KafkaTopic',
    metadata: { name: 'a', namespace: 'n', uid: 'u', resourceVersion, annotations },
    ...rest,
  }
}
function triggersOf(...versions: KubeObject[]): boolean[] {
  const objects = store()
  return versions.flatMap((object) => objects.set(object)).map((change) => !isOwnCreation(change))
}

it('the creation of a child by the operator causes no reconcile, and each later change does', () => {
  expect(triggersOf(topic('1'), topic('2', { status: { topicId: 't' } }))).toEqual([false, true])
  expect(triggersOf(topic('1', { status: {} }), topic('2', { spec: { partitions: 2 } }))).toEqual([false, true])
})

it('a child with a status when it is first observed, or created by another writer, causes a reconcile', () => {
  expect(triggersOf(topic('1', { status: { topicId: 't' } }))).toEqual([true])
  expect(triggersOf(topic('1', {}, {} as never))).toEqual([true])
  const objects = store()
  objects.set(topic('1'))
  expect(objects.remove(topic('2')).map(isOwnCreation)).toEqual([false])
})
