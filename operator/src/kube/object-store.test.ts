import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../api/index.ts'
import { store } from './object-store.ts'
import type { Change } from './object-store.ts'

function object(name: string, resourceVersion: number, uid = name, pipeline = 'shop'): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      namespace: 'default',
      uid,
      resourceVersion: String(resourceVersion),
      labels: { 'orderpipeline.dev/pipeline': pipeline },
    },
  }
}

function kinds(changes: readonly Change[]) {
  return changes.map(({ kind }) => kind)
}

describe('the store', () => {
  it('keeps the newest version, independent of the order of arrival', () => {
    const objects = store()
    objects.set(object('a', 10))
    expect(objects.set(object('a', 9))).toEqual([])
    expect(objects.get('default/a')?.metadata.resourceVersion).toBe('10')
  })

  it('compares versions as numbers', () => {
    const objects = store()
    objects.set(object('a', 9))
    expect(kinds(objects.set(object('a', 10)))).toEqual(['set'])
  })

  it('does not restore an object that was deleted after the answer was sent', () => {
    const objects = store()
    objects.set(object('a', 10))
    objects.remove(object('a', 12))
    expect(objects.set(object('a', 11))).toEqual([])
    expect(kinds(objects.set(object('a', 13, 'again')))).toEqual(['set'])
  })

  it('finds unseen deletions by a list, also when the name is used again', () => {
    const objects = store()
    for (const one of [object('a', 1), object('b', 2), object('c', 3)]) objects.set(one)
    const listing = objects.listing()
    const changes = [
      ...listing.page([object('a', 1)]),
      ...listing.page([object('b', 8, 'another b')]),
      ...listing.end('9'),
    ]
    expect(changes.map(({ kind, object: { metadata } }) => `${kind} ${metadata.uid}`)).toEqual([
      'gone b',
      'set another b',
      'gone c',
    ])
  })

  it('keeps our own writes that are newer than a listing', () => {
    const objects = store()
    objects.set(object('a', 20))
    expect(objects.listing().end('15')).toEqual([])
    expect(objects.all()).toHaveLength(1)
  })

  it('returns the previous object, stores no managed fields, and gives readers a copy', () => {
    const objects = store()
    const managedObject = { ...object('a', 1), metadata: { ...object('a', 1).metadata, managedFields: [{}] } }
    objects.set(managedObject)
    expect(objects.get('default/a')).toEqual(object('a', 1))
    Object.assign(objects.get('default/a')?.metadata.labels ?? {}, { changed: 'by a reader' })
    const [change] = objects.set(object('a', 2))
    expect(change?.kind === 'set' && change.before?.()).toEqual(object('a', 1))
  })

  it('finds the objects of a pipeline', () => {
    const objects = store()
    objects.set(object('a', 1))
    objects.set(object('b', 2, 'b', 'other'))
    expect(objects.ofPipeline('default/shop').map(({ metadata }) => metadata.name)).toEqual(['a'])
    objects.set(object('a', 3, 'a', 'other'))
    expect(objects.ofPipeline('default/shop')).toEqual([])
    expect(objects.ofPipeline('default/other')).toHaveLength(2)
  })

  it('reads, replaces and removes the objects of a pipeline that are packed', () => {
    const objects = store()
    for (const one of [object('a', 1), object('b', 2), object('c', 3)]) objects.set(one)
    objects.pack('default/shop')
    expect(objects.set(object('a', 1))).toEqual([])
    expect(objects.ofPipeline('default/shop')).toEqual([object('a', 1), object('b', 2), object('c', 3)])
    const [change] = objects.set(object('a', 4))
    expect(change?.kind === 'set' && change.before?.()).toEqual(object('a', 1))
    objects.pack('default/shop')
    expect(objects.get('default/a')).toEqual(object('a', 4))
    objects.pack('default/shop')
    expect(objects.remove(object('b', 5))).toEqual([{ kind: 'gone', object: object('b', 2) }])
    objects.pack('default/shop')
    const listing = objects.listing()
    listing.page([object('a', 4)])
    expect(listing.end('9')).toEqual([{ kind: 'gone', object: object('c', 3) }])
    expect(objects.keys()).toEqual(['default/a'])
  })
})
