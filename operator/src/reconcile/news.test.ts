import { expect, it } from 'vitest'
import type { KubeObject } from '../api/index.ts'
import { store } from '../kube/object-store.ts'
import { fingerprintAnnotation } from '../pipeline/index.ts'
import { isOwnCreation } from './news.ts'

const topic = (
  resourceVersion: string,
  rest: object = {},
  annotations = { [fingerprintAnnotation]: 'f' },
): KubeObject => ({
  apiVersion: 'kafka.strimzi.io/v1',
  kind: 'KafkaTopic',
  metadata: { name: 'a', namespace: 'n', uid: 'u', resourceVersion, annotations },
  ...rest,
})
const triggersOf = (...versions: KubeObject[]): boolean[] => {
  const objects = store()
  return versions.flatMap((object) => objects.set(object)).map((change) => !isOwnCreation(change))
}

it('that a child was made by the operator is no reason for a pass, whatever is said of it later is one', () => {
  expect(triggersOf(topic('1'), topic('2', { status: { topicId: 't' } }))).toEqual([false, true])
  expect(triggersOf(topic('1', { status: {} }), topic('2', { spec: { partitions: 2 } }))).toEqual([false, true])
})

it('a child that has a status when it is first seen, or was made by somebody else, is one', () => {
  expect(triggersOf(topic('1', { status: { topicId: 't' } }))).toEqual([true])
  expect(triggersOf(topic('1', {}, {} as never))).toEqual([true])
  const objects = store()
  objects.set(topic('1'))
  expect(objects.remove(topic('2')).map(isOwnCreation)).toEqual([false])
})
