// Where does the time of a test run go? The slowest files, with their time in set-up and in loading
// modules, and the time in which the run itself started real components. Pure.
import { duration } from '../progress/duration.ts'

/** Milliseconds of one test file. */
export interface FileTime {
  readonly file: string
  readonly tests: number
  /** In tests. The time of tests that run side by side counts once. */
  readonly testsMs: number
  /** In hooks: beforeAll, beforeEach, afterEach, afterAll. */
  readonly hooksMs: number
  /** Loading the file and what it imports. */
  readonly importMs: number
}

export interface RunTimes {
  /** From the start of the run to its end. */
  readonly wallMs: number
  /** Components that were started once for the run; they start side by side. */
  readonly started: readonly { readonly name: string; readonly ms: number }[]
  readonly files: readonly FileTime[]
}

/** How much time some span covers, the time of several at once counted once. */
export function coveredMs(spans: readonly { readonly start: number; readonly end: number }[]): number {
  let [covered, until] = [0, -Infinity]
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    covered += Math.max(0, end - Math.max(start, until))
    until = Math.max(until, end)
  }
  return covered
}

export function totalMs({ testsMs, hooksMs, importMs }: FileTime): number {
  return testsMs + hooksMs + importMs
}

/** Lines to read: sums first, then the `count` slowest files. */
export function slowestText({ wallMs, started: components, files }: RunTimes, count: number): string {
  const sum = (of: (file: FileTime) => number) => duration(files.reduce((total, file) => total + of(file), 0))
  const slowest = files.toSorted((a, b) => totalMs(b) - totalMs(a)).slice(0, count)
  const width = Math.max(0, ...slowest.map(({ file }) => file.length))
  const cell = (ms: number) => duration(ms).padStart(12)
  return [
    `${files.length} test files in ${duration(wallMs)}: ` +
      `${sum((file) => file.testsMs)} in tests, ${sum((file) => file.hooksMs)} in hooks, ` +
      `${sum((file) => file.importMs)} loading modules`,
    ...(components.length > 0
      ? [`Started once: ${components.map(({ name, ms }) => `${name} ${duration(ms)}`).join(', ')}`]
      : []),
    ...(slowest.length > 0
      ? [
          `${'The slowest'.padEnd(width)} ${['all', 'tests', 'hooks', 'modules'].map((head) => head.padStart(12)).join('')}`,
        ]
      : []),
    ...slowest.map(
      (time) =>
        `${time.file.padEnd(width)} ${[totalMs(time), time.testsMs, time.hooksMs, time.importMs].map(cell).join('')}`,
    ),
  ].join('\n')
}
