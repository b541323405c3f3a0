import { expect, it } from 'vitest'
import { delays, lookMs } from './source-changes.ts'

function at(time: number, value: string) {
  return { at: time, value }
}

it('counts from each change at the source to the page that shows it, with the time between two looks', () => {
  const source = [at(0, '2/2'), at(1_000, '1/2'), at(3_000, '2/2')]
  const page = [at(100, '2/2'), at(1_400, '1/2'), at(3_700, '2/2')]
  expect(delays(source, page)).toEqual([400 + lookMs, 700 + lookMs])
})

it('counts to a later value where the page has missed one', () => {
  const source = [at(0, '2/2'), at(1_000, '1/2'), at(1_200, '0/2')]
  expect(delays(source, [at(100, '2/2'), at(1_500, '0/2')])).toEqual([500 + lookMs, 300 + lookMs])
})

it('never ends for a change that the page does not show', () => {
  expect(delays([at(0, '2/2'), at(1_000, '1/2')], [at(100, '2/2')])).toEqual([Infinity])
})
