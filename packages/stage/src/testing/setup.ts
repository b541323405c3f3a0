// The set-up file of the integration tests: `until` ends with the test that waits by it, and a test
// that fails shows what the services warned of. It is loaded for every file, so it loads next to
// nothing.
import { testLasts } from '@orderpipeline/retry/testing'
import { afterEach, beforeEach } from 'vitest'
import { clearTestLog, testLog } from './test-log.ts'

beforeEach(({ task }) => {
  clearTestLog()
  testLasts(task.timeout)
})
afterEach(({ task }) => {
  testLasts(undefined)
  if (task.result?.state === 'fail') for (const line of testLog()) process.stderr.write(line)
})
