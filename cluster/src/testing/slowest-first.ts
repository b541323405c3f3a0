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
  'packages/stage/test/killer.test.ts': 283,
  'dev/test/dev.test.ts': 150,
  'operator/test/reconcile.test.ts': 137,
  'tests/platform/test/dependencies-postgres.test.ts': 133,
  'operator/test/faults.test.ts': 129,
  'tests/platform/test/dependencies-outside.test.ts': 120,
  'tests/crashes/test/crashes.test.ts': 108,
  'operator/test/settled.test.ts': 100,
  'examples/test/warehouse.test.ts': 95,
  'tests/platform/test/dependencies-kafka.test.ts': 79,
  'services/gateway/test/load.test.ts': 74,
  'tests/platform/test/compensations.test.ts': 67,
  'operator/test/rollout.test.ts': 66,
  'operator/test/killed.test.ts': 65,
  'packages/stage/test/stalls.test.ts': 53,
  'operator/test/external-kafka.test.ts': 45,
  'examples/test/invoices.test.ts': 45,
  'examples/test/recommendations.test.ts': 43,
  'console/test/views.test.ts': 41,
  'packages/stage/test/retries.test.ts': 41,
  'examples/test/fraud-check.test.ts': 40,
  'operator/test/uninstall-orders.test.ts': 40,
  'operator/test/second-operator.test.ts': 38,
  'services/gateway/test/waiting.test.ts': 38,
  'cluster/test/charts/install.test.ts': 36,
  'tests/platform/test/refunds.test.ts': 35,
  'console/test/acting.test.ts': 33,
  'tests/platform/test/dependencies-redis.test.ts': 30,
  'tests/storm/test/storm.test.ts': 30,
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
