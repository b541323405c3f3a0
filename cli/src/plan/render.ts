// How is a plan shown? The objects as YAML; the steps as comments of it below, so that all of it
// can be given to kubectl.
import { valueText } from '@orderpipeline/config'
import { stringify } from 'yaml'
import type { Paint } from '../colour.ts'
import type { Difference } from './differences.ts'
import type { Planned, PlannedStep } from './planned.ts'
import { valueLines } from './value-lines.ts'

export function objectsText({ objects }: Planned): string {
  return objects.map((object) => stringify(object, { aliasDuplicateObjects: false, lineWidth: 0 })).join('---\n')
}

const signs = { create: '+', change: '~', delete: '-', refuse: '!', hold: '!' } as const
const colours = { create: 'green', change: 'yellow', delete: 'red', refuse: 'red', hold: 'yellow' } as const

export function stepLines({ steps = [], unchanged = 0 }: Planned, paint: Paint): string[] {
  return [
    ...steps.flatMap((step) => [
      `${paint(`${signs[step.action]} ${step.kind} ${step.name}`, colours[step.action])}${step.note === undefined ? '' : `  (${step.note})`}`,
      ...step.differences.flatMap((difference) => differenceLines(difference, paint).map((line) => `    ${line}`)),
    ]),
    ...(steps.length > 0 ? [''] : []),
    `Plan: ${countText(steps)}, ${unchanged} unchanged.`,
  ]
}

function countText(steps: readonly PlannedStep[]): string {
  const count = (action: PlannedStep['action']): number => steps.filter((step) => step.action === action).length
  const [refusals, holds] = [count('refuse'), count('hold')]
  return [
    `${count('create')} to create`,
    `${count('change')} to change`,
    `${count('delete')} to delete`,
    ...(refusals > 0 ? [`${refusals} of other owners`] : []),
    ...(holds > 0 ? [`${holds} waiting for that`] : []),
  ].join(', ')
}

const lineColours = { '+': 'green', '-': 'red', ' ': 'dim' } as const

function differenceLines({ path, ...change }: Difference, paint: Paint): string[] {
  const values = [change.from, change.to].filter((value) => value !== undefined)
  if (!values.every(isShort))
    return [
      `${path}:`,
      ...valueLines(change.from, change.to).map(({ sign, text }) => paint(`  ${sign} ${text}`, lineColours[sign])),
    ]
  if (!('from' in change)) return [`${path}: ${paint(`set to ${longText(change.to)}`, 'green')}`]
  if (!('to' in change)) return [`${path}: ${paint(`${longText(change.from)} removed`, 'red')}`]
  return [`${path}: ${paint(longText(change.from), 'red')} → ${paint(longText(change.to), 'green')}`]
}

/** Characters of a value that is printed next to its path. */
const longest = 60

function longText(value: unknown): string {
  return valueText(value, { depth: 32, characters: 1_000 })
}

function isShort(value: unknown): boolean {
  return longText(value).length <= longest
}
