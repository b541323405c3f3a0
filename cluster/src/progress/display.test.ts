import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { duration } from './duration.ts'
import { jsonDisplay, plainDisplay } from './plain-display.ts'
import type { Step } from './steps.ts'
import { TerminalDisplay } from './terminal-display.ts'

const step: Step = { name: 'kafka', title: 'Kafka', after: [], typicalMs: 20_000, run: () => Promise.resolve() }

describe('a duration', () => {
  it('is said as exactly as a person waiting needs', () => {
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
  it('announces a step only once it has lasted, and says when it is done', () => {
    vi.useFakeTimers()
    const lines: string[] = []
    const display = plainDisplay((line) => lines.push(line))
    display.started(step, 20_000)
    display.started({ ...step, name: 'quick', title: 'Quick' }, 20_000)
    display.finished({ ...step, name: 'quick', title: 'Quick' }, 'unchanged', '', 20)
    vi.advanceTimersByTime(2000)
    display.finished(step, 'done', '3 topics', 4_200)
    expect(lines).toEqual(['✓ Quick (unchanged)', '… Kafka (about 20 s)', '✓ Kafka (3 topics, 4 s)'])
    vi.useRealTimers()
  })
})

describe('the display for programs', () => {
  it('writes one object per event', () => {
    const lines: string[] = []
    jsonDisplay((line) => lines.push(line)).failed(step, new Error('no disk'), 12.3)
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { event: 'failed', step: 'kafka', title: 'Kafka', message: 'no disk', elapsedMs: 12 },
    ])
  })
})

describe('the display on a terminal', () => {
  const shown = (columns: number, act: (display: TerminalDisplay) => void) => {
    vi.useFakeTimers()
    let text = ''
    const write = (more: string) => void (text += more)
    const display = new TerminalDisplay([step], () => 20_000, { write, columns, color: false })
    act(display)
    display.close()
    vi.useRealTimers()
    return stripVTControlCharacters(text)
  }

  it('shows what a running step is doing, its time left and that of everything', () => {
    const text = shown(80, (display) => {
      display.started(step, 20_000)
      display.noted(step, 'formatting storage')
      vi.advanceTimersByTime(5_040)
    })
    expect(text).toMatch(/Kafka 5 s, about 15 s left · formatting storage\n {2}0 of 1 steps done, about 15 s left/)
  })

  it('never lets a line wrap, for it could not be erased', () => {
    const text = shown(30, (display) => {
      display.started(step, 20_000)
      display.noted(step, 'x'.repeat(100))
      vi.advanceTimersByTime(130)
    })
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(30)
  })
})
