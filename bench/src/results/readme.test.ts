import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { resultsPage } from './markdown.ts'
import { comparisonsShown, withResultTables } from './readme.ts'
import { comparison, environment, finishedRun } from './testing/runs.ts'
import { readmeFile, resultsFile } from './write.ts'

const results = resultsPage([{ comparison, runs: [finishedRun('a', 1, 30), finishedRun('b', 1, 10)] }], environment)
function page(table: string, name = 'speed'): string {
  return `before\n\n<!-- bench/RESULTS.md: ${name} -->\n\n${table}\n\n<!-- end of bench/RESULTS.md -->\n\nafter\n`
}

it('puts the table of the results between the comments, and changes nothing else', () => {
  const updated = withResultTables(page('| old |'), results)
  expect(updated).toMatch(/^before\n\n<!--/)
  expect(updated).toMatch(/<!-- end of bench\/RESULTS\.md -->\n\nafter\n$/)
  expect(updated).toContain('at least 2 ×: met')
  expect(updated).not.toContain('old')
  expect(withResultTables(updated, results)).toBe(updated)
})

it('refuses a comparison that the results do not have, and a table without an end', () => {
  expect(() => withResultTables(page('| old |', 'unknown'), results)).toThrow(/no comparison unknown/)
  expect(comparisonsShown(page('| old |'))).toEqual(['speed'])
  expect(() => comparisonsShown('<!-- bench/RESULTS.md: speed -->\n')).toThrow(/1 tables begun and 0 ended/)
})

it("the README's tables are those of bench/RESULTS.md", () => {
  const readme = readFileSync(readmeFile, 'utf8')
  const page = existsSync(resultsFile) ? readFileSync(resultsFile, 'utf8') : ''
  expect(comparisonsShown(readme).filter((name) => !page.includes(`comparison: ${name} `))).toEqual([])
  expect(withResultTables(readme, page)).toBe(readme)
})
