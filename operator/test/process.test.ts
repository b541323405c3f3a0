// Does the operator's process get there in the end when it is killed, as SIGKILL kills, in the middle?
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { orderPipelines } from '../src/api/index.ts'
import { cases, objectsOf } from './golden/cases.ts'
import { children, current, eventually, ground, type Ground, names, pipelineFrom } from './harness.ts'

const minimal = 'crds/fixtures/minimal.yaml'
const expected = () => names(objectsOf(cases.find(({ name }) => name === 'minimal')?.pipeline ?? '') as never)

describe('an operator', () => {
  let on: Ground
  beforeEach(async () => {
    on = await ground()
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
})
