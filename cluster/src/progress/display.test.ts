import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { duration } from './duration.ts'
import { jsonDisplay, plainDisplay, silenceMs } from './plain-display.ts'
import { PlanTimes } from './plan-times.ts'
import type { Step } from './steps.ts'
import { TerminalDisplay } from './terminal-display.ts'

const step: Step = { name: 'kafka', title: 'Kafka', after: [], typicalMs: 20_000, run: () => Promise.resolve() }
function timesOf(...steps: Step[]) {
  return new PlanTimes(steps, ({ typicalMs }) => ({ ms: typicalMs, remembered: false }))
}

describe('a duration', () => {
  it('is rounded for a reader who waits', () => {
    expect([400, 59_400, 61_000, 120_000, 754_000, 9e6, 3e8].map(duration)).toEqual([
      '0 s',
      '59 s',
      '1 min 1 s',
      '2 min',
      '13 min',
      '3 h',
      '3 days',
    ])
  })
})

describe('the plain display', () => {
  it('announces a step only after it has lasted for a while, and reports its end', () => {
    vi.useFakeTimers()
    const lines: string[] = []
    const display = plainDisplay((line) => lines.push(line), timesOf(step))
    display.started(step, 20_000)
    display.started({ ...step, name: 'quick', title: 'Quick' }, 20_000)
    display.finished({ ...step, name: 'quick', title: 'Quick' }, 'unchanged', '', 20)
    vi.advanceTimersByTime(2000)
    display.finished(step, 'done', '3 topics', 4_200)
    display.close()
    expect(lines).toEqual(['✓ Quick (unchanged)', '… Kafka (about 20 s)', '✓ Kafka (3 topics, 4 s)'])
    vi.useRealTimers()
  })

  it('prints the finished steps and the remaining time at least every 20 s', () => {
    vi.useFakeTimers()
    const lines: { at: number; line: string }[] = []
    const kube: Step = { ...step, name: 'kube', title: 'Kubernetes', after: [], typicalMs: 480_400 }
    const startedAt = performance.now()
    const write = (line: string) => void lines.push({ at: performance.now() - startedAt, line })
    const display = plainDisplay(write, timesOf(kube, { ...step, after: ['kube'] }))
    display.started(kube, 480_400)
    display.noted(kube, 'compiling kube 1.36.3')
    vi.advanceTimersByTime(130_000)
    display.close()
    vi.advanceTimersByTime(60_000)
    vi.useRealTimers()
    const times = [0, ...lines.map(({ at }) => at), 130_000]
    const gaps = times.slice(1).map((at, index) => at - times[index]!)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(20_000)
    expect(lines.length).toBeLessThanOrEqual(130_000 / silenceMs + 1)
    expect(lines[4]?.line).toBe(
      '· about 7 min 19 s left, 0 of 2 steps done; Kubernetes: compiling kube 1.36.3 (1 min 2 s)',
    )
  })
})

describe('the display for programs', () => {
  it('writes one object per event', () => {
    const lines: string[] = []
    const display = jsonDisplay((line) => lines.push(line), timesOf(step))
    display.failed(step, new Error('no disk'), 12.3)
    display.close()
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { event: 'failed', step: 'kafka', title: 'Kafka', message: 'no disk', elapsedMs: 12 },
    ])
  })
})

describe('the display on a terminal', () => {
  const screenText = (columns: number, act: (display: TerminalDisplay) => void) => {
    vi.useFakeTimers()
    let text = ''
    const write = (more: string) => void (text += more)
    const display = new TerminalDisplay(timesOf(step), { write, columns, color: false })
    act(display)
    display.close()
    vi.useRealTimers()
    return stripVTControlCharacters(text)
  }

  it('shows the activity of a running step, its remaining time and the total remaining time', () => {
    const text = screenText(80, (display) => {
      display.started(step)
      display.noted(step, 'formatting storage')
      vi.advanceTimersByTime(5_040)
    })
    expect(text).toMatch(/Kafka 5 s, about 15 s left · formatting storage\n {2}0 of 1 steps done, about 15 s left/)
  })

  it('never wraps a line, since a wrapped line could not be erased', () => {
    const text = screenText(30, (display) => {
      display.started(step)
      display.noted(step, 'x'.repeat(100))
      vi.advanceTimersByTime(130)
    })
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(30)
  })
})
