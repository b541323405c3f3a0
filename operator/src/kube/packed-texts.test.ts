// Are packed texts read as they were set, and do the objects of a pipeline take little memory?
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { OrderPipeline } from '../api/index.ts'
import { desired } from '../pipeline/index.ts'
import { pack, packedTexts } from './packed-texts.ts'
import type { PackedTexts } from './packed-texts.ts'

function set(texts: PackedTexts, key: string, text: string, group: string | undefined = 'shop'): void {
  texts.set(key, { text, version: 1n, uid: key, group })
}

function three(): PackedTexts {
  const texts = packedTexts()
  set(texts, 'a', '{"name":"ä"}')
  set(texts, 'b', '{"name":"b"}')
  set(texts, 'other', '{"name":"other"}', 'another shop')
  texts.pack('shop')
  return texts
}

describe('packed texts', () => {
  it('are read as they were set, alone and with their group', () => {
    expect(three().ofGroup('shop')).toEqual(['{"name":"ä"}', '{"name":"b"}'])
    expect(three().text('b')).toBe('{"name":"b"}')
    expect(three().get('b')).toMatchObject({ version: 1n, uid: 'b' })
    expect(three().ofGroup('another shop')).toEqual(['{"name":"other"}'])
  })

  it('follow what is set, deleted and read after they were packed', () => {
    const texts = three()
    set(texts, 'b', '{"name":"b2"}')
    set(texts, 'c', '{"name":"c"}')
    texts.pack('shop')
    texts.delete('a')
    expect(texts.ofGroup('shop')).toEqual(['{"name":"b2"}', '{"name":"c"}'])
    texts.pack('shop')
    texts.pack('shop')
    expect(texts.text('c')).toBe('{"name":"c"}')
    expect(texts.ofGroup('shop')).toEqual(['{"name":"b2"}', '{"name":"c"}'])
    expect(texts.keys()).toEqual(['b', 'other', 'c'])
  })

  it('move with an object to its new group', () => {
    const texts = three()
    texts.pack('another shop')
    set(texts, 'b', '{"name":"b"}', 'another shop')
    expect(texts.ofGroup('shop')).toEqual(['{"name":"ä"}'])
    expect(texts.ofGroup('another shop')).toEqual(['{"name":"other"}', '{"name":"b"}'])
  })

  it('are gone with the last one of a group, also where there is no group', () => {
    const texts = three()
    set(texts, 'alone', '{}', undefined)
    for (const key of ['a', 'b', 'alone', 'unknown']) texts.delete(key)
    texts.pack('shop')
    texts.pack('unknown')
    expect(texts.ofGroup('shop')).toEqual([])
    expect(texts.keys()).toEqual(['other'])
  })
})

it('take an eighth of the memory for the Deployments of a shop', () => {
  const file = join(import.meta.dirname, '../../../examples/shop.yaml')
  const shop = parse(readFileSync(file, 'utf8')) as OrderPipeline
  const settings = { servicesImage: 'services:1', imagePullPolicy: 'IfNotPresent', serviceDomain: 'svc' }
  const texts = desired(shop, [], settings) // without stable templates, which repeat most
    .filter(({ kind }) => kind === 'Deployment')
    .map((object) => JSON.stringify(object))
  const { bytes, length } = pack(texts)
  expect(texts.length).toBeGreaterThan(3)
  expect(bytes.length).toBeLessThan(length / 8)
})
