// In which order do test files run? The slowest first: one that begins last keeps the whole run
// waiting, on one core.
import { join, relative } from 'node:path'
import type { TestSequencer, TestSpecification } from 'vitest/node'
import { secondsByFile } from './file-seconds.ts'

const root = join(import.meta.dirname, '..', '..', '..')

/**
 * Seconds in a whole run on two cores, for a machine that has not run the tests yet: what tools and
 * modules are built at first count.
 */
export const typicalSeconds: Readonly<Record<string, number>> = {
  'examples/test/recommendations.test.ts': 250,
  'operator/test/faults.test.ts': 240,
  'packages/stage/test/killer.test.ts': 224,
  'cluster/test/kind/kind.test.ts': 216,
  'bench/test/results.test.ts': 200,
  'operator/test/killed.test.ts': 200,
  'tests/crashes/test/crashes.test.ts': 170,
  'operator/test/external-kafka.test.ts': 153,
  'operator/test/settled.test.ts': 150,
  'cluster/test/charts/install.test.ts': 144,
  'operator/test/reconcile.test.ts': 140,
  'tests/platform/test/dependencies-postgres.test.ts': 137,
  'dev/test/dev.test.ts': 132,
  'console/test/views.test.ts': 130,
  'dev/test/circumstances.test.ts': 120,
  'services/gateway/test/idempotency.test.ts': 120,
  'examples/test/warehouse.test.ts': 103,
  'bench/test/servers.test.ts': 98,
  'operator/test/rollout.test.ts': 98,
  'tests/platform/test/dependencies-outside.test.ts': 93,
  'tests/platform/test/dependencies-redis.test.ts': 90,
  'tests/platform/test/dependencies-kafka.test.ts': 86,
  'console/test/acting.test.ts': 85,
  'cluster/test/charts/charts.test.ts': 81,
  'tests/platform/test/recovery.test.ts': 78,
  'tests/platform/test/compensations.test.ts': 73,
  'operator/test/uninstall-orders.test.ts': 70,
  'tests/platform/test/refunds.test.ts': 68,
  'operator/test/flow-scaler.test.ts': 64,
  'console/test/orders-view.test.ts': 60,
  'services/gateway/test/outages.test.ts': 63,
  'bench/test/kafka-client.test.ts': 61,
  'examples/test/fraud-check.test.ts': 61,
  'monitoring/test/alerts.test.ts': 60,
  'packages/stage/test/retries.test.ts': 57,
  'monitoring/test/objectives.test.ts': 55,
  'packages/stage/test/stalls.test.ts': 51,
  'tests/storm/test/storm.test.ts': 50,
  'cluster/test/charts/admission.test.ts': 49,
  'dev/test/life-of-an-order.test.ts': 47,
  'dev/test/shop-profile.test.ts': 42,
  'operator/test/second-operator.test.ts': 42,
  'console/test/signing-in.test.ts': 40,
  'examples/test/carts.test.ts': 40,
  'operator/test/lease.test.ts': 40,
  'examples/test/invoices.test.ts': 39,
  'cluster/test/console-memory.test.ts': 35,
  'bench/test/micro.test.ts': 34,
  'cli/test/validation.test.ts': 34,
  'operator/test/process.test.ts': 32,
}

export class SlowestFirst implements TestSequencer {
  sort(files: TestSpecification[]): TestSpecification[] {
    const seconds = secondsByFile()
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
