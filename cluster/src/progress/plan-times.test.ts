import { expect, it } from 'vitest'
import { PlanTimes } from './plan-times.ts'
import type { Step } from './steps.ts'

const step = (name: string, after: string[] = []): Step => ({
  ...{ name, title: name, after, typicalMs: 0, run: () => Promise.resolve() },
})
const [kube, keda, pods] = [step('kube'), step('keda', ['kube']), step('pods', ['keda'])]
const minutes = (n: number) => n * 60_000
const typical = (ms: number) => ({ ms, remembered: false })

it('adds up what the steps typically take, and counts down', () => {
  const times = new PlanTimes([kube, keda, pods], () => typical(minutes(2)))
  expect(times.leftMs(0)).toBe(minutes(6))
  times.began(kube, 0)
  expect(times.leftMs(minutes(1))).toBe(minutes(5))
  expect(times.running(minutes(1))).toEqual([{ step: kube, note: '', elapsedMs: minutes(1), leftMs: minutes(1) }])
})

it('expects a machine that was twice as slow so far to remain so, but not where it is known what a step takes on it', () => {
  const estimate = ({ name }: Step) => (name === 'pods' ? { ms: minutes(1), remembered: true } : typical(minutes(2)))
  const times = new PlanTimes([kube, keda, pods], estimate)
  times.began(kube, 0)
  times.ended(kube, minutes(4))
  times.began(keda, minutes(4))
  expect(times.leftMs(minutes(4))).toBe(minutes(4 + 1))
})

it('learns from a step that is late before it ends', () => {
  const times = new PlanTimes([kube, keda], () => typical(minutes(2)))
  times.began(kube, 0)
  expect(times.leftMs(minutes(1))).toBe(minutes(1 + 2))
  expect(times.leftMs(minutes(3))).toBe(minutes(3))
})

it('takes what a step finds out itself, and nothing where there was nothing to do', () => {
  const times = new PlanTimes([kube, keda, pods], () => typical(minutes(2)))
  times.began(kube, 0)
  times.expects(kube, minutes(10), 0)
  expect(times.leftMs(0)).toBe(minutes(14))
  times.ended(kube, 1, true)
  expect(times.leftMs(1)).toBe(minutes(4))
  expect(times.done).toBe(1)
})
