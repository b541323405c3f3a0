// Does the operator reach the desired state when the API server, or the network to it, misbehaves?
// One proxy in front of a real API server injects every fault; the whole end state is compared with
// that of an operator without faults.
import { isDeepStrictEqual } from 'node:util'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { orderPipelines, resourceOf } from '../src/api/index.ts'
import { fieldManager } from '../src/pipeline/index.ts'
import { usualWatchSettings } from '../src/kube/informer.ts'
import { endState, everyLook } from './end-state.ts'
import { child, current, edit, eventually, testEnvironment, pipelineFrom, runOperator } from './test-environment.ts'
import type { TestEnvironment, Running } from './test-environment.ts'
import { proxyTo } from './fault-proxy.ts'
import type { ProxyRequest, Fault, Proxy } from './fault-proxy.ts'
import { quietTime } from './quiet-time.ts'

const pipelines = 8
const names = Array.from({ length: pipelines }, (_, index) => `shop-${index}`)
const watch = { ...usualWatchSettings, inactivityMs: 2000, firstBackoffMs: 50, lastBackoffMs: 500 }
const queue = { firstBackoffMs: 50, lastBackoffMs: 1000, editsInARow: 8 }

async function create(on: TestEnvironment): Promise<void> {
  const pipeline = pipelineFrom('crds/fixtures/minimal.yaml', on)
  for (const name of names)
    await on.kube.create(orderPipelines, { ...pipeline, metadata: { ...pipeline.metadata, name } })
}

/** Every pipeline gets a second stage, and its first one another concurrency. */
async function editAll(on: TestEnvironment): Promise<void> {
  for (const name of names)
    await edit(on, name, (spec) => {
      const [first] = spec.stages
      if (!first) throw new Error('no stage')
      return {
        ...spec,
        stages: [
          { ...first, concurrency: 7 },
          { ...first, name: 'payment' },
        ],
      }
    })
}

function text(state: unknown): string {
  return JSON.stringify(state)
}
/** Until both counts of a Deployment's replicas have been reported and nothing changes any more. */
async function restOf(on: TestEnvironment): Promise<unknown[]> {
  await eventually('every pipeline observed', async () => {
    const all = await Promise.all(names.map((name) => current(on, name)))
    return all.every((pipeline) => pipeline?.status?.observedGeneration === pipeline?.metadata.generation)
  })
  const quietFor = quietTime()
  const look = async () => {
    const state = await endState(on)
    return quietFor(text(state)) > 2000 && state
  }
  return await eventually('at rest', look, everyLook)
}

describe('an operator', () => {
  let afterCreation: unknown[]
  let afterEdits: unknown[]
  beforeAll(async () => {
    const on = await testEnvironment()
    const operator = await runOperator(on)
    await create(on)
    afterCreation = await restOf(on)
    await editAll(on)
    afterEdits = await restOf(on)
    await operator.stop()
  })

  let on: TestEnvironment
  let proxy: Proxy
  let operator: Running
  beforeEach(async () => {
    on = await testEnvironment()
    proxy = await proxyTo(on.operatorAccess())
  })
  afterEach(async () => {
    proxy.inject(() => undefined)
    proxy.hang(false)
    await operator.stop()
    await proxy.close()
  })

  const start = async (): Promise<void> => {
    operator = await runOperator(on, { kubeConfig: on.operatorAccess(proxy.url), watch, queue })
  }
  const reaches = async (end: unknown[]): Promise<void> => {
    let state: unknown[] = []
    const isSame = async () => isDeepStrictEqual((state = await endState(on)), end)
    await eventually('the same end', isSame, everyLook).catch(() => expect(state).toEqual(end))
  }
  const tell = (what: string): void => {
    const faults = [...proxy.faults].map(([name, count]) => `${count} × ${name}`).join(', ')
    process.stderr.write(`${what}: ${faults || 'no other fault'}; ${proxy.passed.length} requests passed; converged\n`)
  }

  /**
   * The first `count` requests that `applies` to get the fault: every second one, unless the fault
   * lets the server handle it.
   */
  const first = (count: number, applies: (request: ProxyRequest) => boolean, fault: Fault) => {
    let [turn, faultCount] = [0, 0]
    const every = fault.kind === 'resetAfter' ? 1 : 2
    return (request: ProxyRequest): Fault | undefined => {
      if (faultCount >= count || !applies(request) || turn++ % every > 0) return undefined
      faultCount += 1
      return fault
    }
  }
  const writes = ({ writes }: ProxyRequest): boolean => writes
  const lists = ({ method, watches, path }: ProxyRequest): boolean =>
    method === 'GET' && !watches && !path.includes('/leases/')

  const answer = (code: number, reason: string, retryAfterSeconds?: number): Fault => ({
    ...{ kind: 'answer', code, reason },
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  })
  it.each([
    { name: 'conflicts', count: 100, applies: writes, fault: answer(409, 'Conflict') },
    { name: 'server errors', count: 100, applies: writes, fault: answer(500, 'InternalError') },
    { name: 'refusals to serve now', count: 100, applies: writes, fault: answer(429, 'TooManyRequests', 1) },
    { name: 'resets before the server hears of a write', count: 100, applies: writes, fault: { kind: 'resetBefore' } },
    { name: 'resets after the server has done a write', count: 100, applies: writes, fault: { kind: 'resetAfter' } },
    { name: 'errors on listings', count: 10, applies: lists, fault: answer(500, 'InternalError') },
    { name: 'resets of listings', count: 10, applies: lists, fault: { kind: 'resetAfter' } },
  ] as const)('converges through $count $name', async ({ name, count, applies, fault }) => {
    proxy.inject(first(count, applies, fault))
    await start()
    await create(on)
    await reaches(afterCreation)
    await editAll(on)
    await reaches(afterEdits)
    tell(name)
    expect([...proxy.faults.values()].reduce((sum, one) => sum + one, 0)).toBe(count)
  })

  it('retries no sooner than the API server has said', async () => {
    const refusals: { path: string; at: number }[] = []
    proxy.inject((request) => {
      if (!request.writes || refusals.length > 0) return undefined
      refusals.push({ path: request.path, at: Date.now() })
      return answer(429, 'TooManyRequests', 2)
    })
    await start()
    await create(on)
    await reaches(afterCreation)
    const [{ path, at } = { path: '', at: 0 }] = refusals
    const again = proxy.passed.find((one) => one.path === path && one.writes)
    expect((again?.at ?? 0) - at).toBeGreaterThanOrEqual(2000)
    tell('one refusal for 2 s')
  })

  it('continues to watch after its connections are cut, and misses no change', async () => {
    await start()
    await eventually('synced', () => Promise.resolve(operator.synced()))
    let cuts = 0
    const whileCutting = async (work: () => Promise<void>): Promise<void> => {
      const before = cuts
      const cutting = setInterval(() => {
        proxy.cut()
        cuts += 1
      }, 300)
      await work()
      await eventually('cut some times, also after the work', () => cuts >= before + 7).finally(() =>
        clearInterval(cutting),
      )
    }
    await whileCutting(() => create(on))
    await reaches(afterCreation)
    await whileCutting(() => editAll(on))
    await reaches(afterEdits)
    tell(`every connection cut ${cuts} times`)
    expect(cuts).toBeGreaterThanOrEqual(10)
  })

  it('detects that its watches hang, and catches up', async () => {
    await start()
    await create(on)
    await reaches(afterCreation)
    proxy.hang(true)
    await editAll(on)
    const restarts = await eventually('most watches are begun again', async () => {
      const count = await metric(operator, 'orderpipeline_watch_restarts_total', 'reason="inactive"')
      return count >= 7 && count
    })
    proxy.hang(false)
    await reaches(afterEdits)
    tell(`${restarts} watches silent for ${watch.inactivityMs} ms`)
  })

  const expiredEvent = JSON.stringify({
    ...{
      type: 'ERROR',
      object: { kind: 'Status', status: 'Failure', reason: 'Expired', code: 410, message: 'too old' },
    },
  })
  it.each([
    { name: 'answered 410 Gone', fault: answer(410, 'Expired') },
    { name: 'told 410 by an event', fault: { kind: 'lines', lines: [expiredEvent] } },
    { name: 'fed with garbage', fault: { kind: 'lines', lines: ['{"type":"ADDED","obj', '<html>'] } },
    { name: 'answered 500', fault: answer(500, 'InternalError') },
    { name: 'ended at once', fault: { kind: 'lines', lines: [] } },
  ] as const)('converges when its watches are $name', async ({ name, fault }) => {
    proxy.inject(first(70, ({ watches, path }) => watches && !path.includes('/leases'), fault))
    await start()
    await create(on)
    await reaches(afterCreation)
    await editAll(on)
    await reaches(afterEdits)
    tell(`watches ${name}`)
    expect([...proxy.faults.values()].reduce((sum, one) => sum + one, 0)).toBeGreaterThanOrEqual(7)
  })

  it('converges with garbage and 410 in the middle of its watches', async () => {
    await start()
    await create(on)
    await reaches(afterCreation)
    let lineCount = 0
    const timer = setInterval(
      () => (lineCount += proxy.say(lineCount % 2 === 0 ? '\u0000garbage{' : expiredEvent)),
      100,
    )
    await editAll(on)
    await new Promise((resolve) => setTimeout(resolve, 2000))
    clearInterval(timer)
    await reaches(afterEdits)
    tell(`${lineCount} lines of garbage and 410 in open watches`)
    expect(lineCount).toBeGreaterThanOrEqual(14)
  })

  it.each([
    ['edit', 'status', fieldManager],
    ['delete', 'status', fieldManager],
    ['edit', 'record that it acts', `${fieldManager}-record`],
    ['delete', 'record that it acts', `${fieldManager}-record`],
  ] as const)(
    'acts on an %s that only the answer to its own write of the %s shows, while its watch is late',
    async (what, _write, manager) => {
      const [name = ''] = names
      const pipeline = pipelineFrom('crds/fixtures/minimal.yaml', on)
      await on.kube.create(orderPipelines, { ...pipeline, metadata: { ...pipeline.metadata, name } })
      let pendingChange: Promise<unknown> | undefined
      const change = async (): Promise<void> => {
        const live = await current(on, name)
        if (what === 'delete' && live) return await on.kube.delete(orderPipelines, live)
        await edit(on, name, (spec) => ({ ...spec, stages: spec.stages.map((one) => ({ ...one, concurrency: 7 })) }))
      }
      proxy.inject(({ path, watches, method, query }) => {
        if (watches && path.endsWith('/orderpipelines')) return { kind: 'hang' }
        if (pendingChange || method !== 'PATCH' || !path.endsWith(`/${name}/status`)) return undefined
        if (query.get('fieldManager') !== manager) return undefined
        pendingChange = change()
        return { kind: 'delay', ms: 3000 }
      })
      await start()
      await eventually('acted on', async () => {
        if (what === 'delete') return (await current(on, name)) === undefined
        const deployment = await child(on, 'Deployment', `${name}-notification`)
        return JSON.stringify(deployment?.spec ?? {}).includes('"STAGE_CONCURRENCY","value":"7"')
      })
      await pendingChange
      const lists = proxy.passed.filter(({ path, query }) => path.endsWith('/orderpipelines') && !query.has('watch'))
      expect(lists).toHaveLength(1)
    },
  )

  it('resumes a watch that has ended from its last bookmark, without another list', async () => {
    const services = ({ path }: { path: string }): boolean => path.endsWith('/services')
    proxy.inject((request) => (services(request) && request.watches ? { kind: 'shorten', seconds: 6 } : undefined))
    operator = await runOperator(on, { kubeConfig: on.operatorAccess(proxy.url) })
    const watches = () => proxy.passed.filter((one) => services(one) && one.query.has('watch'))
    await eventually('watching', () => Promise.resolve(watches().length === 1))
    const { apiVersion, kind } = resourceOf('Service')
    const metadata = { name: 'other', namespace: on.namespace } // not ours: the watch delivers only its version
    await on.kube.create(resourceOf('Service'), { apiVersion, kind, metadata, spec: { ports: [{ port: 80 }] } })
    const [from = Infinity, next] = await eventually('watched again', () => {
      const versions = watches().map(({ query }) => Number(query.get('resourceVersion')))
      return Promise.resolve(versions.length > 1 && versions)
    })
    expect(next).toBeGreaterThan(from)
    expect(proxy.passed.filter((one) => services(one) && !one.query.has('watch') && !one.writes)).toHaveLength(1)
    tell(`resumed at ${next}, having begun at ${from}`)
  })
})

async function metric(of: Running, name: string, label: string): Promise<number> {
  const lines = (await (await fetch(`http://127.0.0.1:${of.port}/metrics`)).text()).split('\n')
  const values = lines.filter((line) => line.startsWith(name) && line.includes(label))
  return values.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}
