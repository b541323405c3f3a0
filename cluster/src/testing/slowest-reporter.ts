// How does a test run report where its time went? A vitest reporter: it prints the slowest files
// after the results, stores all figures for `npm run test:slowest`, and keeps the seconds of each
// file for the order of the next run.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'
import { keepSeconds } from './file-seconds.ts'
import { coveredMs, slowestText, totalMs } from './slowest.ts'
import type { FileTime, RunTimes } from './slowest.ts'

const root = join(import.meta.dirname, '..', '..', '..')
/** With fewer files there is nothing to choose from. */
const worthSayingFrom = 5
const fileCount = 12

/** Measures of this name are components that a run has started; see global-setup.ts. */
export const startedMeasure = 'started once: '

/** Where the figures of the last run are, by what was run. */
export function timesFile(what: 'tests' | 'end-to-end'): string {
  return join(root, 'node_modules', '.orderpipeline', `slowest-${what}.json`)
}

export class SlowestReporter implements Reporter {
  #started = performance.now()

  onTestRunStart(): void {
    this.#started = performance.now()
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    if (modules.length < worthSayingFrom) return
    const components = performance
      .getEntriesByType('measure')
      .filter(({ name }) => name.startsWith(startedMeasure))
      .map(({ name, duration }) => ({ name: name.slice(startedMeasure.length), ms: duration }))
    const wallMs = performance.now() - this.#started
    const times: RunTimes = { wallMs, started: components, files: modules.map(timeOf) }
    const file = timesFile(modules.some(({ project }) => project.name === 'e2e') ? 'end-to-end' : 'tests')
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, JSON.stringify(times))
    // The time of a file that failed says little: it may have ended at its first hook.
    const passed = modules.filter((module) => module.state() === 'passed').map(timeOf)
    keepSeconds(new Map(passed.map((time) => [time.file, Math.round(totalMs(time) / 100) / 10])))
    process.stdout.write(`\n${slowestText(times, fileCount)}\n`)
  }
}

function timeOf(module: TestModule): FileTime {
  const { duration, collectDuration } = module.diagnostic()
  const tests = [...module.children.allTests()]
  const testsMs = coveredMs(
    tests.flatMap((test) => {
      const { startTime, duration: ms } = test.diagnostic() ?? {}
      return startTime === undefined || ms === undefined ? [] : [{ start: startTime, end: startTime + ms }]
    }),
  )
  const file = relative(root, module.moduleId)
  return { file, tests: tests.length, testsMs, hooksMs: Math.max(0, duration - testsMs), importMs: collectDuration }
}

// vitest takes a reporter that is named on the command line by its default export only.
export { SlowestReporter as default }
