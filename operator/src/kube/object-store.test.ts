import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../api/index.ts'
import { type Change, store } from './object-store.ts'

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

const kinds = (changes: readonly Change[]) => changes.map(({ kind }) => kind)

describe('the store', () => {
  it('keeps the newest, whichever comes last', () => {
    const known = store()
    known.set(object('a', 10))
    expect(known.set(object('a', 9))).toEqual([])
    expect(known.get('default/a')?.metadata.resourceVersion).toBe('10')
  })

  it('compares versions as numbers', () => {
    const known = store()
    known.set(object('a', 9))
    expect(kinds(known.set(object('a', 10)))).toEqual(['set'])
  })

  it('does not bring back what went after the answer was sent', () => {
    const known = store()
    known.set(object('a', 10))
    known.remove(object('a', 12))
    expect(known.set(object('a', 11))).toEqual([])
    expect(kinds(known.set(object('a', 13, 'again')))).toEqual(['set'])
  })

  it('finds out by a listing what went unseen, also when the name is taken again', () => {
    const known = store()
    for (const one of [object('a', 1), object('b', 2), object('c', 3)]) known.set(one)
    const listing = known.listing()
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
    const known = store()
    known.set(object('a', 20))
    expect(known.listing().end('15')).toEqual([])
    expect(known.all()).toHaveLength(1)
  })

  it('tells what was before, keeps no managed fields, and lets a reader change what it was given', () => {
    const known = store()
    const managed = { ...object('a', 1), metadata: { ...object('a', 1).metadata, managedFields: [{}] } }
    known.set(managed)
    expect(known.get('default/a')).toEqual(object('a', 1))
    Object.assign(known.get('default/a')?.metadata.labels ?? {}, { changed: 'by a reader' })
    const [change] = known.set(object('a', 2))
    expect(change?.kind === 'set' && change.before()).toEqual(object('a', 1))
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
