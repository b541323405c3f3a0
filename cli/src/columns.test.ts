// Does what is printed fit the terminal, with nothing left out?
import { expect, it } from 'vitest'
import { columns, tables } from './columns.ts'
import { environmentOf } from './config.ts'
import { createScreen } from './top/screen.ts'
import { wrapped } from './wrapped.ts'

const header = ['STAGE', 'READY', 'LAG', 'DRAIN']
const rows = [
  ['orders', '10/10', '1,000', '1m05s'],
  ['notification', '2/2', '0', '0s'],
]

it('prints a table that is wider than the terminal as several tables, each with the first column', () => {
  expect(tables(header, rows, { width: 26 })).toEqual([
    { titles: 'STAGE         READY    LAG', lines: ['orders        10/10  1,000', 'notification    2/2      0'] },
    { titles: 'STAGE         DRAIN', lines: ['orders        1m05s', 'notification     0s'] },
  ])
})

it('prints one table without a width or if it fits, and a column that is too wide by itself', () => {
  const [titles, ...lines] = columns(header, rows)
  expect(tables(header, rows)).toEqual([{ titles, lines }])
  expect(tables(header, rows, { width: 33 })).toHaveLength(1)
  expect(tables(header, rows, { width: 5 })).toHaveLength(3)
})

it('wraps a sentence between words, and indents the following lines', () => {
  const text = '  - the autoscaler leaves it at that, because it is within ten per cent'
  expect(wrapped(text, 40, 4)).toEqual([
    '  - the autoscaler leaves it at that,',
    '    because it is within ten per cent',
  ])
  expect(wrapped(text, undefined, 4)).toEqual([text])
})

it('takes the width from COLUMNS if the output is not a terminal or the terminal reports no size', () => {
  const output = (more: object) => ({ write: () => undefined, ...more })
  const columnsOf = (env: NodeJS.ProcessEnv, more: object) =>
    environmentOf(env, output(more), output({})).stdout.columns
  expect(columnsOf({ COLUMNS: '60' }, {})).toBe(60)
  expect(columnsOf({ COLUMNS: '60' }, { isTTY: true, columns: 0, rows: 0 })).toBe(60)
  expect(columnsOf({}, { isTTY: true, columns: 0, rows: 0 })).toBeUndefined()
  expect(columnsOf({ COLUMNS: '60' }, { isTTY: true, columns: 100 })).toBe(100)
})

it('draws every line on a terminal that reports no size', () => {
  let screenText = ''
  const screen = createScreen({ isTTY: true, columns: 0, rows: 0, write: (text) => void (screenText += text) })
  screen.draw(['one', 'two', 'three'])
  expect(screenText).toContain('three')
})
