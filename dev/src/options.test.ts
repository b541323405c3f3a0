import { describe, expect, it } from 'vitest'
import { checkedOptions } from './options.ts'

const options = { file: ['shop.yaml'], maxProcesses: '120', profile: 'plain', open: true }

describe('the options of dev', () => {
  it('accept a command for each stage, with any characters', () => {
    const { run } = checkedOptions({ ...options, run: ['audit=node audit.mjs --level=info', 'fraud-check=./run'] })
    expect([...run]).toEqual([
      ['audit', 'node audit.mjs --level=info'],
      ['fraud-check', './run'],
    ])
  })

  it.each(['audit', 'audit=', 'Audit=node x', '=node x'])('refuse --run %j, with the allowed form', (run) => {
    expect(() => checkedOptions({ ...options, run: [run] })).toThrow(/--run: found .*; allowed: <stage>=<command>/)
  })

  it.each(['', 'Shop', 'full'])('refuse --profile %j, with the profiles that there are', (profile) => {
    expect(() => checkedOptions({ ...options, profile })).toThrow(/--profile: found .*; allowed: shop, plain/)
  })

  it.each(['0', 'many', '1.5', '-3'])('refuse --max-processes %s', (maxProcesses) => {
    expect(() => checkedOptions({ ...options, maxProcesses })).toThrow(/--max-processes: found/)
  })
})
