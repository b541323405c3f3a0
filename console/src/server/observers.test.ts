// Does each viewer get the namespaces that they may see, and nothing of the others?
import type { ServerResponse } from 'node:http'
import { Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { recordedSource, shopPipeline } from '../testing/recorded-shop.ts'
import type { RecordedSource } from '../testing/recorded-shop.ts'
import { eventStreams } from './event-streams.ts'
import { createObserver } from './observer.ts'
import type { Observer } from './observer.ts'
import { observersOf } from './observers.ts'

function shopIn(namespace: string): { readonly source: RecordedSource; readonly observer: Observer } {
  const pipeline = shopPipeline()
  const source = recordedSource(0, { ...pipeline, metadata: { ...pipeline.metadata, namespace } })
  const look = source.look.bind(source)
  const there = Object.assign(source, { namespace, look })
  return { source: there, observer: createObserver(there, { command: 'orderpipeline' }) }
}

class Response extends Writable {
  text = ''
  override _write(chunk: Buffer, _encoding: string, written: () => void): void {
    this.text += chunk.toString()
    written()
  }
  writeHead(): void {
    // Status and headers do not matter here.
  }
}

async function shops() {
  const [a, b] = [shopIn('a'), shopIn('b')]
  await Promise.all([a.observer.step(), b.observer.step()])
  return { a, b, observers: observersOf([a.observer, b.observer]) }
}

it('shows the pipelines of those namespaces alone, with their troubles alone', async () => {
  const { b, observers } = await shops()
  expect(observers.state(undefined)).toMatchObject({ namespace: 'a, b' })
  expect(observers.state(undefined).pipelines.map(({ namespace }) => namespace)).toEqual(['a', 'b'])
  b.source.look = () => Promise.reject(new Error('b is away'))
  const failing = createObserver(b.source, { command: 'orderpipeline' })
  await failing.step()
  const partly = observersOf([(await shops()).a.observer, failing])
  expect(partly.state(new Set(['a']))).not.toHaveProperty('trouble')
  expect(partly.state(new Set(['b']))).toMatchObject({ trouble: 'b is away', pipelines: [] })
  expect(partly.state(undefined)).toMatchObject({ trouble: 'b is away' })
})

it('finds a pipeline and its history in its own namespace', async () => {
  const { observers } = await shops()
  expect(observers.pipeline('b/shop')?.metadata.namespace).toBe('b')
  expect(Object.keys(observers.history('b/shop'))).toContain('payment')
  expect(observers.pipeline('c/shop')).toBeUndefined()
  expect(observers.history('c/shop')).toEqual({})
})

it('sends a change to those viewers who may see its namespace', async () => {
  const { a, b, observers } = await shops()
  const streams = eventStreams(observers)
  const [ofA, ofBoth] = [new Response(), new Response()]
  streams.open(ofA as unknown as ServerResponse, new Set(['a']))
  streams.open(ofBoth as unknown as ServerResponse, new Set(['a', 'b']))
  b.source.at += 60_000
  await b.observer.step()
  expect(ofA.text).not.toContain('event: change')
  expect(ofA.text).not.toContain('"namespace":"b"')
  expect(ofBoth.text).toContain('event: change')
  a.source.at += 60_000
  await a.observer.step()
  expect(ofA.text).toContain('event: change')
  streams.close()
})
