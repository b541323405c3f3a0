// The set-up file of the integration tests: `until` ends with the test that waits by it, and a test that fails shows
// what the services warned of.
import { afterEach, beforeEach } from 'vitest'
import { clearTestLog, testLog } from './test-logger.ts'
import { testLasts } from './until.ts'

beforeEach(({ task }) => {
  clearTestLog()
  testLasts(task.timeout)
})
afterEach(({ task }) => {
  testLasts(undefined)
  if (task.result?.state === 'fail') for (const line of testLog()) process.stderr.write(line)
})
