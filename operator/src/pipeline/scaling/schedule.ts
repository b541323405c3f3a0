// Will a peak of a schedule ever come? The grammar is that of KEDA's cron trigger (robfig/cron,
// five fields). Other cron parsers accept more, such as 7 for Sunday, and a stage whose schedule
// KEDA refuses is not scaled at all.
import type { OrderPipelineSpec, Peak, Problem } from '../../api/index.ts'
import { gatewayName } from '../children/names.ts'
import { partsOf } from '../children/parts.ts'

interface Field {
  readonly name: string
  readonly least: number
  readonly most: number
  readonly names?: readonly string[]
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const fields: readonly Field[] = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day of month', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12, names: ['', ...months] },
  { name: 'day of week', least: 0, most: 6, names: days },
]
const longestMonth = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

export function scheduleProblems(spec: OrderPipelineSpec): Problem[] {
  return partsOf(spec).flatMap(({ name, scaling }) => {
    const part = name === gatewayName && spec.gateway ? 'spec.gateway' : `spec.stages[${name}]`
    return (scaling.schedule ?? []).flatMap((peak, index) =>
      peakProblems(peak).map(([field, message]): Problem => ({
        path: `${part}.scaling.schedule[${index}].${field}`,
        reason: 'ScheduleInvalid',
        message,
      })),
    )
  })
}

function peakProblems({ start, end, timeZone }: Peak): [keyof Peak, string][] {
  return [
    ...problemIn('start', cronProblem(start)),
    ...problemIn('end', cronProblem(end)),
    ...problemIn(
      'timeZone',
      timeZone === undefined || isTimeZone(timeZone)
        ? undefined
        : `found ${timeZone}, which is not a time zone; allowed: a name of the IANA database, such as Europe/Zurich`,
    ),
  ]
}

function problemIn(field: keyof Peak, message: string | undefined): [keyof Peak, string][] {
  return message === undefined ? [] : [[field, message]]
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** What is wrong with five cron fields; undefined when they match some time. */
export function cronProblem(text: string): string | undefined {
  const parts = text.trim().split(/\s+/)
  if (parts.length !== fields.length) return `found ${parts.length} fields in "${text}"; allowed: five`
  const values: number[][] = []
  for (const [index, field] of fields.entries()) {
    const fieldValues = valuesOf(parts[index] ?? '', field)
    if (typeof fieldValues === 'string') return `found "${parts[index]}" as ${field.name} in "${text}"; ${fieldValues}`
    values.push(fieldValues)
  }
  const [, , monthDays = [], inMonths = []] = values
  const anyDay = parts[4] === '*' // if a day of the week is set too, either is enough
  const never = anyDay && !inMonths.some((month) => monthDays.some((day) => day <= (longestMonth[month] ?? 0)))
  return never ? `"${text}" names days that no month has` : undefined
}

function valuesOf(text: string, field: Field): number[] | string {
  const all: number[] = []
  for (const item of text.split(',')) {
    const range = rangeOf(item, field)
    if (typeof range === 'string') return range
    all.push(...range)
  }
  return all
}

/**
 * `*`, `a`, `a-b`, each with `/step`; a single value with a step goes on to the end, as in
 * robfig/cron.
 */
function rangeOf(item: string, field: Field): number[] | string {
  const { least, most, names } = field
  const allowedText = `allowed: ${least} to ${most}${names ? ' or names' : ''}, ranges, lists and steps`
  const match = /^(\*|[0-9A-Za-z]+)(?:-([0-9A-Za-z]+))?(?:\/([0-9]+))?$/.exec(item)
  const [, first = '', last, stepText] = match ?? []
  if (!match || (first === '*' && last !== undefined)) return allowedText
  const from = first === '*' ? least : numberOf(first, field)
  const openEnd = first === '*' || (last === undefined && stepText !== undefined)
  const to = openEnd ? most : last === undefined ? from : numberOf(last, field)
  const step = stepText === undefined ? 1 : Number(stepText)
  if (from === undefined || to === undefined || from < least || to > most || from > to || step < 1) return allowedText
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step)
}

function numberOf(text: string, { names = [] }: Field): number | undefined {
  if (/^[0-9]+$/.test(text)) return Number(text)
  const index = names.indexOf(text.toLowerCase())
  return index < 0 || text === '' ? undefined : index
}
