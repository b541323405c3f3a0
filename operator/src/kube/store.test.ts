import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../api/index.ts'
import { store } from './store.ts'

const object = (name: string, resourceVersion: number, uid = name, pipeline = 'shop'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name,
    namespace: 'default',
    uid,
    resourceVersion: String(resourceVersion),
    labels: { 'orderpipeline.dev/pipeline': pipeline },
  },
})

describe('the store', () => {
  it('keeps the newest, whichever comes last', () => {
    const known = store()
    known.set(object('a', 10))
    expect(known.set(object('a', 9))).toBeUndefined()
    expect(known.get('default/a')?.metadata.resourceVersion).toBe('10')
  })

  it('compares versions as numbers', () => {
    const known = store()
    known.set(object('a', 9))
    expect(known.set(object('a', 10))?.kind).toBe('set')
  })

  it('does not bring back what went after the answer was sent', () => {
    const known = store()
    known.set(object('a', 10))
    known.remove(object('a', 12))
    expect(known.set(object('a', 11))).toBeUndefined()
    expect(known.set(object('a', 13, 'again'))?.kind).toBe('set')
  })

  it('finds out by a listing what went unseen, also when the name is taken again', () => {
    const known = store()
    for (const one of [object('a', 1), object('b', 2), object('c', 3)]) known.set(one)
    const changes = known.replace([object('a', 1), object('b', 8, 'another b')], '9')
    expect(changes.map(({ kind, object: { metadata } }) => `${kind} ${metadata.uid}`)).toEqual([
      'gone b',
      'gone c',
      'set another b',
    ])
  })

  it('keeps our own writes that are newer than a listing', () => {
    const known = store()
    known.set(object('a', 20))
    expect(known.replace([], '15')).toEqual([])
    expect(known.all()).toHaveLength(1)
  })

  it('knows what belongs to which pipeline', () => {
    const known = store()
    known.set(object('a', 1))
    known.set(object('b', 2, 'b', 'other'))
    expect(known.ofPipeline('default/shop').map(({ metadata }) => metadata.name)).toEqual(['a'])
    known.set(object('a', 3, 'a', 'other'))
    expect(known.ofPipeline('default/shop')).toEqual([])
    expect(known.ofPipeline('default/other')).toHaveLength(2)
  })
})
