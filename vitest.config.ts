import { defineConfig } from 'vitest/config'
import { SlowestFirst, SlowestReporter } from '@orderpipeline/cluster/test-order'
import { endToEndOrder } from '@orderpipeline/e2e/file-order'
import type { TestSpecification } from 'vitest/node'

const ignored = ['**/node_modules/**', '**/dist/**']
/** It runs KEDA's own operator, which `npm run up` builds. */
const keda = 'operator/test/keda.test.ts'
/** One second, the default, passes on a machine that stands still for a moment. */
const expectPatiently = { poll: { timeout: 30_000 } }

class FileOrder extends SlowestFirst {
  override sort(files: TestSpecification[]): TestSpecification[] {
    return endToEndOrder(super.sort(files))
  }
}

/**
 * unit: pure, next to the source. integration: real PostgreSQL, Kafka, Redis and a real API server,
 * started once for the run (cluster/src/testing). crashes: the integration tests' crash battery
 * with all of its points. keda: the operator's objects under KEDA's own operator. e2e: the whole
 * product on the real local cluster.
 */
export default defineConfig({
  test: {
    reporters: ['default', new SlowestReporter()],
    // An order that the command line names wins.
    ...(process.argv.some((arg) => arg.includes('sequence.')) ? {} : { sequence: { sequencer: FileOrder } }),
    projects: [
      {
        test: {
          name: 'unit',
          expect: expectPatiently,
          include: ['**/src/**/*.test.ts'],
          exclude: ignored,
          // Pure tests share nothing that one could change for another: modules are loaded once in
          // each worker, which halves the CPU time of a run.
          isolate: false,
          // By default one core is left over, which is half of a small machine.
          maxWorkers: '100%',
          testTimeout: 60_000, // a dry run of an hour is some seconds of work, and a machine may be busy
        },
      },
      {
        test: {
          name: 'integration',
          expect: expectPatiently,
          include: ['**/test/**/*.test.ts'],
          exclude: [...ignored, 'tests/e2e/**', keda],
          globalSetup: ['cluster/src/testing/global-setup.ts'],
          setupFiles: ['packages/stage/src/testing/setup.ts'],
          // The longest take 40 seconds on an idle machine; the tests before may have left a busy
          // one.
          testTimeout: 240_000,
          hookTimeout: 240_000,
          // More than the cores: these tests wait for leases, polls and timeouts most of the time.
          // Four fit Kafka and PostgreSQL as they are sized for tests.
          maxWorkers: 4,
          // After the unit tests: a failure there is known within a minute.
          sequence: { groupOrder: 1 },
          provide: { crashPoints: 'some' },
        },
      },
      {
        test: {
          name: 'crashes',
          expect: expectPatiently,
          include: ['tests/crashes/test/crashes.test.ts'],
          exclude: ignored,
          globalSetup: ['cluster/src/testing/global-setup.ts'],
          hookTimeout: 240_000,
          sequence: { groupOrder: 2 },
          provide: { crashPoints: 'all' },
        },
      },
      {
        test: {
          name: 'keda',
          expect: expectPatiently,
          include: [keda],
          exclude: ignored,
          globalSetup: ['cluster/src/testing/global-setup.ts'],
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'e2e',
          expect: expectPatiently,
          include: ['tests/e2e/test/**/*.test.ts'],
          exclude: ignored,
          globalSetup: ['tests/e2e/src/bring-up.ts'],
          testTimeout: 900_000,
          hookTimeout: 900_000,
          fileParallelism: false,
          sequence: { concurrent: false },
        },
      },
    ],
  },
})
