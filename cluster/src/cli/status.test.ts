import { describe, expect, it } from 'vitest'
import { statusText } from './status.ts'

const now = 1_000_000_000

describe('the status', () => {
  it('reports that there is no cluster, and how to start one', () => {
    expect(statusText({ provider: undefined, processes: [], deaths: [], pipelines: undefined }, now)).toBe(
      'There is no local cluster: npm run up\n',
    )
  })

  it('shows running processes, ended ones with the reason, and the pipelines', () => {
    const died = { at: now - 90_000, cause: 'was ended by SIGKILL', lastOutput: 'one\ntwo' }
    const text = statusText(
      {
        provider: 'native',
        processes: [
          { name: 'etcd', pid: 12, state: 'ready', since: now - 3_600_000, restarts: 0 },
          { name: 'kafka', pid: 345, state: 'ready', since: now - 80_000, restarts: 1, lastDeath: died },
          { name: 'redis', pid: undefined, state: 'died', since: now - 1000, restarts: 0 },
        ],
        deaths: [{ name: 'kafka', ...died }],
        pipelines: 'NAMESPACE   NAME   READY\ndefault     shop   True\n',
      },
      now,
    )
    expect(text).toBe(`Local cluster (native)
  running  etcd   pid 12   60 min
  running  kafka  pid 345  1 min 20 s  restarted once
  died     redis           1 s
! kafka was ended by SIGKILL 1 min 30 s ago. Its last output:
    one
    two

NAMESPACE   NAME   READY
default     shop   True
`)
  })

  it('reports missing processes and an API server that does not answer', () => {
    const text = statusText({ provider: 'native', processes: [], deaths: [], pipelines: undefined }, now)
    expect(text).toContain('none of its processes runs: npm run up')
    expect(text).toContain('The API server does not answer.')
  })
})
