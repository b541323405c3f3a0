// How is a plan shown? The objects as YAML; the steps as comments of it below, so that all of it can be given to kubectl.
import { stringify } from 'yaml'
import type { Paint } from '../colour.ts'
import type { Difference } from './differences.ts'
import type { Planned, Step } from './planned.ts'

export const objectsText = ({ objects }: Planned): string =>
  objects.map((object) => stringify(object, { aliasDuplicateObjects: false, lineWidth: 0 })).join('---\n')

const signs = { create: '+', change: '~', delete: '-', refuse: '!' } as const
const colours = { create: 'green', change: 'yellow', delete: 'red', refuse: 'red' } as const

export function stepLines({ steps = [], unchanged = 0 }: Planned, paint: Paint): string[] {
  return [
    ...steps.flatMap((step) => [
      `${paint(`${signs[step.action]} ${step.kind} ${step.name}`, colours[step.action])}${step.note === undefined ? '' : `  (${step.note})`}`,
      ...step.differences.map((difference) => `    ${differenceText(difference, paint)}`),
    ]),
    ...(steps.length > 0 ? [''] : []),
    `Plan: ${countText(steps)}, ${unchanged} unchanged.`,
  ]
}

function countText(steps: readonly Step[]): string {
  const count = (action: Step['action']): number => steps.filter((step) => step.action === action).length
  const refused = count('refuse')
  return [
    `${count('create')} to create`,
    `${count('change')} to change`,
    `${count('delete')} to delete`,
    ...(refused > 0 ? [`${refused} not ours`] : []),
  ].join(', ')
}

function differenceText({ path, ...change }: Difference, paint: Paint): string {
  if (!('from' in change)) return `${path}: ${paint(`set to ${shown(change.to)}`, 'green')}`
  if (!('to' in change)) return `${path}: ${paint(`${shown(change.from)} taken away`, 'red')}`
  return `${path}: ${paint(shown(change.from), 'red')} → ${paint(shown(change.to), 'green')}`
}

const longest = 200

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}
