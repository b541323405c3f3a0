// Does the operator get there in the end when its way or its life is cut in the middle?
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { orderPipelines } from '../src/api/index.ts'
import { usualWatchSettings } from '../src/kube/watched.ts'
import { cases, objectsOf } from './golden/cases.ts'
import {
  children,
  current,
  edit,
  eventually,
  ground,
  type Ground,
  names,
  pipelineFrom,
  runOperator,
  settled,
} from './harness.ts'
import { proxyTo, type Proxy } from './proxy.ts'

const minimal = 'crds/fixtures/minimal.yaml'
const expected = () => names(objectsOf(cases.find(({ name }) => name === 'minimal')?.pipeline ?? '') as never)

describe('an operator', () => {
  let on: Ground
  beforeEach(async () => {
    on = await ground()
  })

  describe('whose connections break', () => {
    let proxy: Proxy
    beforeEach(async () => {
      proxy = await proxyTo(on.server)
    })
    afterEach(async () => {
      await proxy.close()
    })
    const fast = { ...usualWatchSettings, inactivityMs: 2000, firstBackoffMs: 50, lastBackoffMs: 500 }

    it('goes on watching after they are cut, and misses nothing', async () => {
      const operator = await runOperator(on, { kubeConfig: on.operatorAccess(proxy.url), watch: fast })
      await eventually('synced', () => Promise.resolve(operator.synced()))
      for (let round = 0; round < 5; round += 1) {
        proxy.cut()
        if (round === 0) await on.kube.create(orderPipelines, pipelineFrom(minimal, on))
        await new Promise((resolve) => setTimeout(resolve, 150))
      }
      await eventually('made', async () => names(await children(on)).length === expected().length)
      proxy.cut()
      await edit(on, 'minimal', (spec) => ({
        ...spec,
        stages: spec.stages.map((stage) => ({ ...stage, concurrency: 7 })),
      }))
      await eventually('edit followed', async () =>
        JSON.stringify(await children(on)).includes('"STAGE_CONCURRENCY","value":"7"'),
      )
      await operator.stop()
    })

    it('notices that they hang, and catches up', async () => {
      const operator = await runOperator(
        on,
        { kubeConfig: on.operatorAccess(proxy.url), watch: fast },
        { LEASE_SECONDS: '60' },
      )
      await on.kube.create(orderPipelines, pipelineFrom(minimal, on))
      await eventually('made', async () => names(await children(on)).length === expected().length)
      await settled(operator, 1000)
      proxy.hang(true)
      await edit(on, 'minimal', (spec) => ({
        ...spec,
        stages: [...spec.stages, ...spec.stages.map((stage) => ({ ...stage, name: 'payment' }))],
      }))
      await new Promise((resolve) => setTimeout(resolve, 3000))
      proxy.hang(false)
      proxy.cut()
      await eventually('edit followed', async () => names(await children(on)).includes('ScaledObject minimal-payment'))
      await operator.stop()
    })
  })

  describe('that is killed', () => {
    let folder: string
    const running: ChildProcess[] = []
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'operator-'))
      await writeFile(join(folder, 'kubeconfig'), on.operatorAccess().exportConfig())
    })
    afterEach(async () => {
      await Promise.all(running.splice(0).map(kill))
      await rm(folder, { recursive: true })
    })
    const start = (): ChildProcess => {
      const env = { KUBECONFIG: join(folder, 'kubeconfig'), SERVICES_IMAGE: 'services:1', METRICS_PORT: '0' }
      const own = {
        POD_NAME: 'the-same-pod',
        WATCH_NAMESPACE: on.namespace,
        POD_NAMESPACE: on.namespace,
        LOG_LEVEL: 'error',
      }
      const main = join(import.meta.dirname, '..', 'src', 'main.ts')
      const process = spawn(globalThis.process.execPath, [main], { env: { ...env, ...own }, stdio: 'ignore' })
      running.push(process)
      return process
    }
    const kill = async (process: ChildProcess): Promise<void> => {
      if (process.exitCode !== null || process.signalCode !== null) return
      process.kill('SIGKILL')
      await once(process, 'exit')
    }

    it.each([1, 4])('after %i of its objects makes the rest when it is back', async (count) => {
      const first = start()
      await on.kube.create(orderPipelines, pipelineFrom(minimal, on))
      await eventually('some made', async () => (await children(on)).length >= count)
      await kill(first)
      start()
      await eventually('all made', async () => names(await children(on)).length === expected().length)
      expect(names(await children(on))).toEqual(expected())
    })

    it('during a deletion finishes it when it is back', async () => {
      const first = start()
      await on.kube.create(orderPipelines, pipelineFrom(minimal, on))
      await eventually('all made', async () => names(await children(on)).length === expected().length)
      const pipeline = await current(on, 'minimal')
      if (!pipeline) throw new Error('no pipeline')
      await on.kube.delete(orderPipelines, pipeline)
      await kill(first)
      start()
      await eventually('gone', async () => (await current(on, 'minimal')) === undefined)
      await eventually('children gone', async () => (await children(on)).every(({ kind }) => kind === 'KafkaTopic'))
    })
  })

  it('waits while another holds the lease, and takes over at once when that one stops', async () => {
    const first = await runOperator(on)
    await on.kube.create(orderPipelines, pipelineFrom(minimal, on))
    await eventually('made', async () => names(await children(on)).length === expected().length)
    const second = await runOperator(on)
    await settled(first, 1000)
    expect(second.writes).toEqual([])
    await first.stop()
    await edit(on, 'minimal', (spec) => ({
      ...spec,
      stages: spec.stages.map((stage) => ({ ...stage, concurrency: 7 })),
    }))
    await eventually('second acts', () => Promise.resolve(second.writes.length > 0), 10_000)
    await second.stop()
  })
})
