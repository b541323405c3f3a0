// Does the operator's process reach the desired state when SIGKILL ends it in the middle?
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { orderPipelines } from '../src/api/index.ts'
import { cases, objectsOf } from './golden/cases.ts'
import { children, current, eventually, testEnvironment, names, pipelineFrom } from './test-environment.ts'
import type { TestEnvironment } from './test-environment.ts'
import { kill, processesOn } from './processes.ts'
import type { Processes } from './processes.ts'

const minimal = 'crds/fixtures/minimal.yaml'
function expected() {
  return names(objectsOf(cases.find(({ name }) => name === 'minimal')?.pipeline ?? '') as never)
}

describe('an operator', () => {
  let on: TestEnvironment
  beforeEach(async () => {
    on = await testEnvironment()
  })

  describe('that is killed', () => {
    let processes: Processes
    beforeEach(async () => {
      processes = await processesOn(on)
    })
    afterEach(() => processes.end())
    const start = () => processes.start({ POD_NAME: 'the-same-pod' })

    it.each([1, 4])('after %i of its objects creates the rest after its restart', async (count) => {
      const first = start()
      await on.kube.create(orderPipelines, pipelineFrom(minimal, on))
      await eventually('some made', async () => (await children(on)).length >= count)
      await kill(first)
      start()
      await eventually('all made', async () => names(await children(on)).length === expected().length)
      expect(names(await children(on))).toEqual(expected())
    })

    it('during a deletion finishes it after its restart', async () => {
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
