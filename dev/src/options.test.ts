import { describe, expect, it } from 'vitest'
import { checkedOptions } from './options.ts'

const given = { file: ['shop.yaml'], maxProcesses: '120' }

describe('the options of dev', () => {
  it('take a command for each stage, with whatever it holds', () => {
    const { run } = checkedOptions({ ...given, run: ['audit=node audit.mjs --level=info', 'fraud-check=./run'] })
    expect([...run]).toEqual([
      ['audit', 'node audit.mjs --level=info'],
      ['fraud-check', './run'],
    ])
  })

  it.each(['audit', 'audit=', 'Audit=node x', '=node x'])('refuse --run %j with what is allowed', (run) => {
    expect(() => checkedOptions({ ...given, run: [run] })).toThrow(/--run: found .*; allowed: <stage>=<command>/)
  })

  it.each(['0', 'many', '1.5', '-3'])('refuse --max-processes %s', (maxProcesses) => {
    expect(() => checkedOptions({ ...given, maxProcesses })).toThrow(/--max-processes: found/)
  })
})
