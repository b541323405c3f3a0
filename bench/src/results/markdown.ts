// What stands in bench/RESULTS.md? The machine, versions and durability, and a table for each
// comparison: medians and spread of the pairs, ratios, aims, and what bounds a missed one. Pure.
import { markdownTable } from '../markdown-table.ts'
import { waysOf } from './comparison.ts'
import type { Alternative, Comparison } from './comparison.ts'
import type { Environment } from './environment.ts'
import { wholePairs } from './schedule.ts'
import { spreadOf } from './statistics.ts'
import type { Spread } from './statistics.ts'
import type { FinishedRun } from './store.ts'

export interface Result {
  readonly comparison: Comparison
  /** Those that count. */
  readonly runs: readonly FinishedRun[]
}

const width = 100

export function resultsPage(results: readonly Result[], environment: Environment): string {
  const sections = results.filter(({ comparison, runs }) => wholePairs(comparison, runs).length > 0).map(section)
  const { machine, versions, durability } = environment
  const facts = Object.entries({ Machine: machine, Versions: versions, Durability: durability })
  return [
    '# Results',
    wrapped(`Written by \`npm run bench\`, which measures this project and what one would build instead in turns on
      one machine. A ratio is formed within each pair of runs. Everything runs on that machine, so no figure
      includes a network. In every run each accepted order was found at the end.`),
    ...facts.map(([name, values]) => wrapped(`**${name}**: ${factsText(values)}.`)),
    ...sections,
  ]
    .join('\n\n')
    .concat('\n')
}

function factsText(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join('; ')
}

/** The comment before a section, by which the README's tables are found. */
export function sectionMark(name: string): string {
  return `<!-- comparison: ${name} -->`
}

function section({ comparison, runs }: Result): string {
  const pairs = wholePairs(comparison, runs)
  const last = runs.toSorted((a, b) => (a.date < b.date ? -1 : 1)).at(-1)
  return [
    sectionMark(comparison.name),
    `## ${comparison.title}`,
    wrapped(comparison.about),
    table(comparison, pairs).join('\n'),
    wrapped(
      `Median (min–max) of ${pairs.length} ${pairs.length === 1 ? 'pair' : 'pairs'} of runs,
      commit ${last?.commit ?? '?'}, ${last?.date.slice(0, 10) ?? '?'}.`,
    ),
    ...comparison.alternatives.flatMap((alternative) => bound(alternative, ratiosOf(comparison, alternative, pairs))),
  ].join('\n\n')
}

type Pair = ReadonlyMap<string, FinishedRun>

function table(comparison: Comparison, pairs: readonly Pair[]): string[] {
  const { here, alternatives } = comparison
  const more = [...new Set(pairs.flatMap((pair) => [...pair.values()].flatMap((run) => Object.keys(run.more))))]
  const measured = (way: string) => spreadText(spreadOf(pairs.map((pair) => pair.get(way)?.value ?? NaN)))
  const further = (way: string) =>
    more.map((title) => {
      const values = pairs.flatMap((pair) => pair.get(way)?.more[title] ?? [])
      return values.length === 0 ? '' : figure(spreadOf(values).median)
    })
  const rows = alternatives.map((alternative) => {
    const ratio = spreadOf(ratiosOf(comparison, alternative, pairs))
    const { title, name, aim } = alternative
    const outcome = aim && (aim.isMet(ratio.median) ? 'met' : 'missed')
    return [title, measured(name), `${spreadText(ratio)} ×`, aim ? `${aim.text}: ${outcome}` : '', ...further(name)]
  })
  const header = ['way', comparison.unit, ratioTitle(comparison), 'aim', ...more]
  return markdownTable([header, [here.title, measured(here.name), '', '', ...further(here.name)], ...rows])
}

function ratioTitle({ ratio }: Comparison): string {
  return ratio === 'here / other' ? 'here ÷ it' : 'it ÷ here'
}

function ratiosOf(comparison: Comparison, { name }: Alternative, pairs: readonly Pair[]): number[] {
  return pairs.map((pair) => {
    const [here, other] = [pair.get(comparison.here.name)?.value ?? NaN, pair.get(name)?.value ?? NaN]
    return comparison.ratio === 'here / other' ? here / other : other / here
  })
}

function bound({ title, aim, bound: text }: Alternative, ratios: readonly number[]): string[] {
  if (!aim || aim.isMet(spreadOf(ratios).median)) return []
  return [wrapped(`What bounds it, next to ${title}: ${text ?? 'no profile has shown it yet.'}`)]
}

function spreadText({ median, min, max }: Spread): string {
  return min === max ? figure(median) : `${figure(median)} (${figure(min)}–${figure(max)})`
}

/** Three digits, or all of a larger number. */
export function figure(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en', { maximumFractionDigits: digits })
}

function wrapped(text: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.trim().split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join('\n')
}

/** One line for each way: what main prints. */
export function summary({ comparison, runs }: Result): string[] {
  const pairs = wholePairs(comparison, runs)
  if (pairs.length === 0) return []
  const lines = waysOf(comparison).map(({ name, title }) => {
    const spread = spreadOf(pairs.map((pair) => pair.get(name)?.value ?? NaN))
    return `  ${title}: ${spreadText(spread)} ${comparison.unit}`
  })
  return [`${comparison.title}`, ...lines]
}
