// In which order do test files run? The slowest first: one that begins last keeps the whole run
// waiting, on one core.
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { TestSequencer, TestSpecification } from 'vitest/node'
import { totalMs } from './slowest.ts'
import type { RunTimes } from './slowest.ts'
import { timesFile } from './slowest-reporter.ts'

const root = join(import.meta.dirname, '..', '..', '..')

/** Seconds on two cores, for a fresh clone, which has no times of its own. */
export const typicalSeconds: Readonly<Record<string, number>> = {
  'tests/platform/test/dependencies-postgres.test.ts': 126,
  'packages/stage/test/killer.test.ts': 119,
  'tests/crashes/test/crashes.test.ts': 105,
  'examples/test/warehouse.test.ts': 95,
  'operator/test/faults.test.ts': 90,
  'tests/platform/test/dependencies-outside.test.ts': 84,
  'tests/platform/test/dependencies-kafka.test.ts': 76,
  'services/gateway/test/load.test.ts': 74,
  'tests/platform/test/compensations.test.ts': 64,
  'operator/test/killed.test.ts': 62,
  'examples/test/recommendations.test.ts': 50,
  'examples/test/fraud-check.test.ts': 40,
}

export class SlowestFirst implements TestSequencer {
  sort(files: TestSpecification[]): TestSpecification[] {
    const seconds = secondsOfLastRun()
    const of = ({ moduleId }: TestSpecification) => {
      const file = relative(root, moduleId)
      return seconds.get(file) ?? typicalSeconds[file] ?? 0
    }
    return files.toSorted((a, b) => of(b) - of(a)) // stable: files without a time keep their order
  }

  shard(): TestSpecification[] {
    throw new Error('These tests are not made to be run in shards; name the files to run instead.')
  }
}

function secondsOfLastRun(): ReadonlyMap<string, number> {
  try {
    const { files } = JSON.parse(readFileSync(timesFile('tests'), 'utf8')) as RunTimes
    return new Map(files.map((time) => [time.file, totalMs(time) / 1_000]))
  } catch {
    return new Map() // no run yet
  }
}
