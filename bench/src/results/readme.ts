// Do the README's tables say what bench/RESULTS.md says? A table that comes from there stands
// between two comments, of which the first names the comparison. Pure.
import { sectionMark } from './markdown.ts'

const begin = /<!-- bench\/RESULTS\.md: ([a-z-]+) -->\n/g
const end = '<!-- end of bench/RESULTS.md -->'

/**
 * The page with its tables as they are in the results. @throws RangeError for one that is not there
 */
export function withResultTables(page: string, results: string): string {
  return page.replaceAll(
    /(<!-- bench\/RESULTS\.md: ([a-z-]+) -->\n)[^]*?(<!-- end of bench\/RESULTS\.md -->)/g,
    (_all: string, first: string, name: string, last: string) => `${first}\n${tableOf(results, name)}\n\n${last}`,
  )
}

/** The names of the comparisons that the page shows. */
export function comparisonsShown(page: string): string[] {
  const names = [...page.matchAll(begin)].map(([, name = '']) => name)
  const ends = page.split(end).length - 1
  if (ends !== names.length)
    throw new RangeError(`found ${names.length} tables begun and ${ends} ended; allowed: as many`)
  return names
}

function tableOf(results: string, name: string): string {
  const [, section = ''] = results.split(sectionMark(name))
  const lines = section.split('\n')
  const from = lines.findIndex((line) => line.startsWith('|'))
  if (from === -1) throw new RangeError(`found no comparison ${name} in bench/RESULTS.md; allowed: one of its sections`)
  const length = lines.slice(from).findIndex((line) => !line.startsWith('|'))
  return lines.slice(from, length === -1 ? undefined : from + length).join('\n')
}
