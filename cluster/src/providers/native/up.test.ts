import { expect, it } from 'vitest'
import { addonNames, addonOf } from '../../node/addon-records.ts'
import { statePaths } from '../../paths.ts'
import { readyStep } from '../product/steps.ts'
import { nativeCluster } from './cluster.ts'
import { toolStepOf } from './tool-steps.ts'
import { nativeUp } from './up.ts'

const steps = nativeUp(nativeCluster(statePaths('plan-of-a-test')))
function stepNamed(name: string) {
  return steps.find((step) => step.name === name)!
}

/** Names of the steps that must be over before this one begins. */
function before(name: string): Set<string> {
  const direct = stepNamed(name).after
  return new Set(direct.flatMap((each) => [each, ...before(each)]))
}

it('the plan has each step once, after its predecessors', () => {
  const names = steps.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const [index, { after }] of steps.entries())
    for (const name of after) expect(names.slice(0, index)).toContain(name)
})

it('the pipeline waits only for what it needs', () => {
  const prerequisites = before(readyStep)
  expect([...prerequisites]).toEqual(
    expect.arrayContaining(['control-plane', 'node', 'dns', 'keda', 'operator', 'shop', 'kafka']),
  )
  const later = addonNames.filter((name) => !addonOf(name).neededForReady)
  for (const name of [...later.flatMap((addon) => [toolStepOf(addon), addon]), 'example-images']) {
    expect(prerequisites.has(name)).toBe(false)
    expect(before(name).has(readyStep)).toBe(true)
  }
})

it('KEDA is built last, while steps that do not need it start', () => {
  const prerequisites = before(readyStep)
  const tools = steps.filter(({ name }) => name.startsWith('tool-') && prerequisites.has(name))
  expect(tools.at(-1)?.name).toBe('tool-keda')
  for (const name of ['control-plane', 'node', 'dns', 'operator', 'shop', 'topic-operator'])
    expect(before(name).has('tool-keda')).toBe(false)
})

it('the control plane and the container runtime start as soon as their own programs exist', () => {
  expect([...before('control-plane')].filter((name) => name.startsWith('tool-'))).toEqual(['tool-kubernetes'])
  expect([...before('runtime')].filter((name) => name.startsWith('tool-')).sort()).toEqual([
    'tool-containerd',
    'tool-kubernetes',
  ])
})

it('the read replica and Prometheus can be left out, and the pipeline waits for neither', () => {
  const names = nativeUp(nativeCluster(statePaths('plan-of-a-test')), { without: ['replica', 'prometheus'] }).map(
    ({ name }) => name,
  )
  const all = steps.map(({ name }) => name)
  expect(all.filter((name) => !names.includes(name))).toEqual(['postgres-replica', 'prometheus'])
  for (const name of ['postgres-replica', 'prometheus']) expect(before(readyStep).has(name)).toBe(false)
})
