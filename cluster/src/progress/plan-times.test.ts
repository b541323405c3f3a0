import { expect, it } from 'vitest'
import { PlanTimes } from './plan-times.ts'
import type { Step } from './steps.ts'

function step(name: string, after: string[] = []): Step {
  return {
    ...{ name, title: name, after, typicalMs: 0, run: () => Promise.resolve() },
  }
}
const [kube, keda, pods] = [step('kube'), step('keda', ['kube']), step('pods', ['keda'])]
function minutes(n: number) {
  return n * 60_000
}
function typical(ms: number) {
  return { ms, remembered: false }
}

it('the remaining time is the sum of the typical durations of the steps, and counts down', () => {
  const times = new PlanTimes([kube, keda, pods], () => typical(minutes(2)))
  expect(times.leftMs(0)).toBe(minutes(6))
  times.began(kube, 0)
  expect(times.leftMs(minutes(1))).toBe(minutes(5))
  expect(times.running(minutes(1))).toEqual([{ step: kube, note: '', elapsedMs: minutes(1), leftMs: minutes(1) }])
})

it('a machine that was twice as slow so far is expected to remain so, except for steps with durations of this machine', () => {
  const estimate = ({ name }: Step) => (name === 'pods' ? { ms: minutes(1), remembered: true } : typical(minutes(2)))
  const times = new PlanTimes([kube, keda, pods], estimate)
  times.began(kube, 0)
  times.ended(kube, minutes(4))
  times.began(keda, minutes(4))
  expect(times.leftMs(minutes(4))).toBe(minutes(4 + 1))
})

it('a late step changes the estimate before it ends', () => {
  const times = new PlanTimes([kube, keda], () => typical(minutes(2)))
  times.began(kube, 0)
  expect(times.leftMs(minutes(1))).toBe(minutes(1 + 2))
  expect(times.leftMs(minutes(3))).toBe(minutes(3))
})

it('a step can set its own estimate, and a skipped step takes no time', () => {
  const times = new PlanTimes([kube, keda, pods], () => typical(minutes(2)))
  times.began(kube, 0)
  times.expects(kube, minutes(10), 0)
  expect(times.leftMs(0)).toBe(minutes(14))
  times.ended(kube, 1, true)
  expect(times.leftMs(1)).toBe(minutes(4))
  expect(times.done).toBe(1)
})
