// Does exactly one of two replicas act, at any time? On a real API server: a handover on SIGTERM, a
// leader that is cut off from its lease, and the requests of each seen by a proxy of its own.
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { orderPipelines } from '../src/api/index.ts'
import type { OrderPipeline } from '../src/api/index.ts'
import { leases } from '../src/leadership/lease.ts'
import type { Lease } from '../src/leadership/lease.ts'
import { children, edit, eventually, testEnvironment, pipelineFrom, runOperator } from './test-environment.ts'
import type { TestEnvironment } from './test-environment.ts'
import { processesOn } from './processes.ts'
import type { Processes } from './processes.ts'
import { proxyTo } from './fault-proxy.ts'
import type { ForwardedRequest, Proxy } from './fault-proxy.ts'

const leaseSeconds = 5
const short = { LEASE_SECONDS: String(leaseSeconds) }

describe('with two operators', () => {
  let on: TestEnvironment
  let proxies: readonly [Proxy, Proxy]
  beforeEach(async () => {
    on = await testEnvironment()
    proxies = [await proxyTo(on.operatorAccess()), await proxyTo(on.operatorAccess())]
  })
  afterEach(async () => {
    await Promise.all(proxies.map((proxy) => proxy.close()))
  })

  const lease = async (): Promise<Lease | undefined> =>
    (await on.kube.get(leases, on.namespace, 'orderpipeline-operator')) as Lease | undefined
  const heldBy = (holder: string) =>
    eventually(`${holder} leads`, async () => (await lease())?.spec?.holderIdentity === holder)
  const writesOf = ({ passed }: Proxy): ForwardedRequest[] => passed.filter(({ writes }) => writes)
  const create = async (name: string): Promise<OrderPipeline> => {
    const pipeline = pipelineFrom('crds/fixtures/minimal.yaml', on)
    const namedPipeline = { ...pipeline, metadata: { ...pipeline.metadata, name } }
    await on.kube.create(orderPipelines, namedPipeline)
    return namedPipeline
  }
  const start = (index: 0 | 1, lease: Record<string, string> = short) =>
    runOperator(on, { kubeConfig: on.operatorAccess(proxies[index].url) }, { ...lease, POD_NAME: `replica-${index}` })
  const followed = (name: string, concurrency: number) =>
    eventually(`${name} followed`, async () =>
      (await children(on)).some(
        (child) =>
          child.kind === 'Deployment' &&
          child.metadata.name === `${name}-notification` &&
          JSON.stringify(child).includes(`"STAGE_CONCURRENCY","value":"${concurrency}"`),
      ),
    )

  it('one acts and the other does not write, and no object is written twice', async () => {
    // Far longer than a machine stands still, in which a short one would be lost.
    const long = { LEASE_SECONDS: '60' }
    const first = await start(0, long)
    await heldBy('replica-0')
    const second = await start(1, long)
    for (const name of ['a', 'b', 'c']) await create(name)
    for (const name of ['a', 'b', 'c']) await followed(name, 10)
    expect(writesOf(proxies[1])).toEqual([])
    const objectWrites = writesOf(proxies[0]).filter(({ path }) => !path.includes('/orderpipelines/'))
    expect(objectWrites.length).toBeGreaterThanOrEqual(15)
    expect(new Set(objectWrites.map(({ path }) => path)).size).toBe(objectWrites.length)
    await second.stop()
    await first.stop()
  })

  it('the one that cannot renew stops writing before the other can begin, although its writes would still succeed', async () => {
    const first = await start(0)
    await heldBy('replica-0')
    const second = await start(1)
    for (const name of ['a', 'b', 'c', 'd']) await create(name)
    for (const name of ['a', 'b', 'c', 'd']) await followed(name, 10)
    proxies[0].inject(({ path }) => (path.includes('/leases') ? { kind: 'hang' } : undefined))
    const cutAt = Date.now()
    let concurrency = 10
    const editing = (async () => {
      while ((await lease())?.spec?.holderIdentity !== 'replica-1') {
        concurrency += 1
        for (const name of ['a', 'b', 'c', 'd'])
          await edit(on, name, (spec) => ({ ...spec, stages: spec.stages.map((one) => ({ ...one, concurrency })) }))
      }
    })()
    await heldBy('replica-1')
    const newLease = await lease()
    await editing
    for (const name of ['a', 'b', 'c', 'd']) await followed(name, concurrency)
    expect(await first.ended).toBe('lost')
    await second.stop()

    const afterCut = writesOf(proxies[0]).filter(({ at }) => at > cutAt)
    const last = Math.max(...writesOf(proxies[0]).map(({ at, answeredAt }) => answeredAt ?? at))
    const takenAt = Date.parse(newLease?.spec?.acquireTime ?? '')
    const next = Math.min(...writesOf(proxies[1]).map(({ at }) => at))
    process.stderr.write(
      `cut off from its lease: ${afterCut.length} more writes, the last ${takenAt - last} ms before another took the lease\n`,
    )
    expect(afterCut.length).toBeGreaterThan(0)
    expect(last).toBeLessThan(takenAt)
    expect(next).toBeGreaterThanOrEqual(takenAt)
  })

  it('the one that is cut off completely writes no more, and its pending requests have no effect', async () => {
    const first = await start(0)
    await heldBy('replica-0')
    const second = await start(1)
    await create('a')
    await followed('a', 10)
    for (const name of ['b', 'c', 'd']) await create(name)
    proxies[0].hang(true)
    const cutAt = Date.now()
    await heldBy('replica-1')
    for (const name of ['b', 'c', 'd']) await followed(name, 10)
    proxies[0].hang(false)
    await eventually(
      'the first has gone',
      async () => (await Promise.race([first.ended, Promise.resolve('running')])) === 'lost',
    )
    expect(writesOf(proxies[0]).filter(({ at }) => at > cutAt)).toEqual([])
    await second.stop()
  })

  describe('as processes', () => {
    let processes: Processes
    beforeEach(async () => {
      processes = await processesOn(on)
    })
    afterEach(() => processes.end())
    const spawnOperator = (name: string) => processes.start({ POD_NAME: name, LEASE_SECONDS: '60' })

    it('the second leads as soon as the first has been sent SIGTERM, long before the lease would end', async () => {
      const first = spawnOperator('one')
      await heldBy('one')
      spawnOperator('two')
      await create('a')
      await followed('a', 10)
      await new Promise((resolve) => setTimeout(resolve, 3000)) // the second has its watches and stands by
      await create('b')
      first.kill('SIGTERM')
      const signalledAt = Date.now()
      const [code] = (await once(first, 'exit')) as [number]
      await heldBy('two') // the lease is 60 s: this waits less, so it was released
      const acquiredAt = Date.parse((await lease())?.spec?.acquireTime ?? '')
      await edit(on, 'b', (spec) => ({ ...spec, stages: spec.stages.map((one) => ({ ...one, concurrency: 7 })) }))
      await followed('b', 7)
      process.stderr.write(`handover: the second leads ${acquiredAt - signalledAt} ms after SIGTERM\n`)
      expect(code).toBe(0)
      expect((await lease())?.spec?.leaseTransitions).toBe(2)
    })
  })
})
