import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { runSteps, StepError } from './steps.ts'
import type { Step, StepMemory, StepObserver, StepRecord } from './steps.ts'
import { timeLeft } from './time-left.ts'

function recorder() {
  const events: string[] = []
  const observer: StepObserver = {
    started: (step) => events.push(`+${step.name}`),
    noted: () => undefined,
    expected: () => undefined,
    finished: (step, outcome) => events.push(`${outcome === 'done' ? '-' : '='}${step.name}`),
    failed: (step) => events.push(`!${step.name}`),
  }
  return { events, observer }
}

function memory(records: Record<string, StepRecord> = {}): StepMemory {
  return {
    recall: (name) => records[name] ?? {},
    remember: (name, record) => Promise.resolve(void (records[name] = record)),
  }
}

function step(name: string, after: string[] = [], extra: Partial<Step> = {}): Step {
  return {
    ...{ name, title: name, after, typicalMs: 0, run: () => sleep(5) },
    ...extra,
  }
}

describe('a plan of steps', () => {
  it('starts each step as soon as its predecessors are done, in parallel if possible', async () => {
    const { events, observer } = recorder()
    const nextIsDone = Promise.withResolvers<void>()
    const slow = step('slow', [], { run: () => nextIsDone.promise })
    await runSteps([slow, step('quick'), step('next', ['quick']), step('last', ['slow', 'next'])], {
      ...{ memory: memory(), concurrency: 4 },
      observer: {
        ...observer,
        finished: (finished, ...figures) => {
          observer.finished(finished, ...figures)
          if (finished.name === 'next') nextIsDone.resolve()
        },
      },
    })
    expect(events).toEqual(['+slow', '+quick', '-quick', '+next', '-next', '-slow', '+last', '-last'])
  })

  it('runs no more steps at once than allowed', async () => {
    const { events, observer } = recorder()
    await runSteps([step('a'), step('b')], { memory: memory(), observer, concurrency: 1 })
    expect(events).toEqual(['+a', '-a', '+b', '-b'])
  })

  it('finishes running steps when a step fails, starts no further step, and names the failed one', async () => {
    const { events, observer } = recorder()
    const failing = step('failing', [], { run: () => Promise.reject(new Error('no disk')) })
    const steps = [failing, step('beside', [], { run: () => sleep(30) }), step('later', ['beside'])]
    const outcome = runSteps(steps, { memory: memory(), observer, concurrency: 4 })
    await expect(outcome).rejects.toThrow(StepError)
    await expect(outcome).rejects.toThrow('failing: no disk')
    expect(events).toEqual(['+failing', '+beside', '!failing', '-beside'])
  })

  it('skips a step with the same inputs whose result still exists', async () => {
    const { events, observer } = recorder()
    const records = memory({ same: { inputs: '1' }, gone: { inputs: '1' }, changed: { inputs: '0' } })
    const unless = (holds: boolean) => ({ inputs: () => Promise.resolve('1'), holds: () => Promise.resolve(holds) })
    const steps = [
      step('same', [], { unless: unless(true) }),
      step('gone', ['same'], { unless: unless(false) }),
      step('changed', ['gone'], { unless: unless(true) }),
    ]
    await runSteps(steps, { memory: records, observer, concurrency: 1 })
    expect(events).toEqual(['+same', '=same', '+gone', '-gone', '+changed', '-changed'])
    expect(records.recall('changed').inputs).toBe('1')
  })

  it('refuses a step with an unknown predecessor', async () => {
    const options = { memory: memory(), observer: recorder().observer, concurrency: 1 }
    await expect(runSteps([step('a', ['b']), step('b')], options)).rejects.toThrow('comes after b')
  })
})

describe('the remaining time', () => {
  const steps = [
    { name: 'a', after: [], expectedMs: 10 },
    { name: 'b', after: [], expectedMs: 30 },
    { name: 'c', after: ['a', 'b'], expectedMs: 5 },
  ]

  it('is that of the longest chain', () => {
    expect(timeLeft(steps, new Map(), new Set())).toBe(35)
    expect(timeLeft(steps, new Map([['b', 25]]), new Set(['a']))).toBe(10)
  })

  it('assumes that a late step is about to end', () => {
    expect(timeLeft(steps, new Map([['b', 90]]), new Set(['a']))).toBe(5)
  })
})
