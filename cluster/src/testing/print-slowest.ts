// npm run test:slowest: which test files took the most time in the last runs? Every file with
// `--all`, otherwise the slowest.
import { readFileSync } from 'node:fs'
import { slowestText } from './slowest.ts'
import type { RunTimes } from './slowest.ts'
import { timesFile } from './slowest-reporter.ts'

const count = process.argv.includes('--all') ? Infinity : 25
const reports = (['tests', 'end-to-end'] as const).flatMap((what) => {
  try {
    return [slowestText(JSON.parse(readFileSync(timesFile(what), 'utf8')) as RunTimes, count)]
  } catch {
    return [] // not run since the dependencies were installed
  }
})
process.stdout.write(
  reports.length > 0 ? `${reports.join('\n\n')}\n` : 'No run has left its times yet: npm test, or npm run test:e2e\n',
)
if (reports.length === 0) process.exitCode = 1
