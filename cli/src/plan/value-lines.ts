// What changes inside a value that is no single word, such as a list of triggers? Both as YAML with
// their keys in one order, and of their lines those that differ, with a little around them. Pure.
import { diff } from 'node:util'
import { stringify } from 'yaml'

export interface ValueLine {
  readonly sign: '+' | '-' | ' '
  readonly text: string
}

/** Lines that stay, shown on either side of one that does not. */
const around = 2

export function valueLines(from: unknown, to: unknown): ValueLine[] {
  const lines = changedLines(from, to)
  if (lines.every(({ sign }) => sign === ' ')) return []
  const isNearChange = (index: number): boolean =>
    lines.slice(Math.max(0, index - around), index + around + 1).some(({ sign }) => sign !== ' ')
  return lines.flatMap((line, index) => {
    if (isNearChange(index)) return [line]
    return index === 0 || isNearChange(index - 1) ? [{ sign: ' ', text: '…' }] : []
  })
}

function changedLines(from: unknown, to: unknown): ValueLine[] {
  if (from === undefined) return yamlLines(to).map((text) => ({ sign: '+', text }))
  if (to === undefined) return yamlLines(from).map((text) => ({ sign: '-', text }))
  // `util.diff` says 1 of what only its first argument has, and -1 of what only its second has.
  return diff(yamlLines(from), yamlLines(to)).map(([of, text]) => ({
    sign: of === 1 ? '-' : of === -1 ? '+' : ' ',
    text,
  }))
}

function yamlLines(value: unknown): string[] {
  return stringify(value, { sortMapEntries: true, aliasDuplicateObjects: false, lineWidth: 0 }).trimEnd().split('\n')
}
