// What does someone see when the machine is not as `orderpipeline dev` needs it? A port that
// another program has, a limit on processes, a full disk: one message each that says what to do.
import { spawnSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { eventually, RunningDev, workspace } from '../src/testing/running-dev.ts'
import type { Workspace } from '../src/testing/running-dev.ts'

/** A pipeline of one stage that has nothing to do with the shop's. */
function oneStage(minReplicas: number): string {
  return `
apiVersion: orderpipeline.dev/v1alpha1
kind: OrderPipeline
metadata: { name: shop }
spec:
  kafka: { strimziCluster: shop-kafka }
  topics: [{ name: signups, partitions: 12 }]
  stages:
    - name: audit
      image: example/audit:1
      consumes: [{ topic: signups }]
      scaling: { minReplicas: ${minReplicas}, maxReplicas: 10, lagPerReplica: 100 }
`
}

const spaces: Workspace[] = []
afterAll(async () => {
  for (const space of spaces) await space.remove()
})

async function project(minReplicas = 1): Promise<Workspace> {
  const space = await workspace(oneStage(minReplicas))
  spaces.push(space)
  return space
}

/** Answers probes and does nothing else. */
const idle =
  'const { createServer } = require("node:http"); createServer((_, answer) => answer.end()).listen(Number(process.env.METRICS_PORT)); process.on("SIGTERM", () => process.exit(0))'
const runAudit = ['--run', `audit=node -e '${idle}'`]

function started(space: Workspace, args: readonly string[] = [], run: readonly string[] = runAudit): RunningDev {
  const running = new RunningDev(space, [...run, ...args])
  onTestFinished(async () => {
    running.kill()
    await running.ended()
  })
  return running
}

/** As in the terminal of a user. */
function terminal(space: Workspace): RunningDev {
  const running = new RunningDev(space, runAudit, { terminal: true })
  onTestFinished(async () => {
    running.kill()
    await running.ended()
  })
  return running
}

describe('orderpipeline dev', { timeout: 600_000 }, () => {
  it('says that --max-processes holds replicas back, on the terminal and in the condition', async () => {
    const running = started(await project(5), ['--max-processes', '2'])
    await running.says(/audit: --max-processes 2 limits it to 2 of 5 replicas/)
    await eventually('the condition says it', 120, async () => {
      const { status } = await running.pipeline()
      const workloads = status?.conditions?.find(({ type }) => type === 'WorkloadsReady')
      return workloads?.reason === 'PodsRefused' && /--max-processes 2/.test(workloads.message ?? '') ? true : undefined
    })
    expect(await running.pods('audit')).toHaveLength(2)
  })

  it('names a stage that it has no command for', async () => {
    const running = started(await project(), [], [])
    await running.says(/not run here: audit/)
    expect(await running.pods('audit')).toEqual([])
  })

  it('runs two projects at once, each with its own Kafka and its own replicas', async () => {
    const [one, two] = [started(await project()), started(await project())]
    for (const running of [one, two]) {
      await running.says('shop runs')
      await eventually('its stage is ready', 60, async () =>
        (await running.readyPods('audit')) === 1 ? true : undefined,
      )
    }
    expect(one.record.kubeconfig).not.toBe(two.record.kubeconfig)
    expect(await one.interrupt()).toBe(0)
    expect(await two.readyPods('audit')).toBe(1)
  })

  it('names the program that has the port of --port', async () => {
    const server = createServer()
    onTestFinished(() => void server.close())
    await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve))
    const { port } = server.address() as AddressInfo
    const space = await project()
    const scaling =
      'scaling: { minReplicas: 1, maxReplicas: 2, cpuPercent: 80 }, resources: { requests: { cpu: 100m } }'
    const gateway = `  gateway: { ${scaling}, env: [{ name: AUTH, value: none }] }`
    const database = '  database: { secretName: shop-postgres, key: url, maxConnections: 100 }'
    const topics = '  topics: [{ name: orders.placed, partitions: 12 }, '
    await space.write(oneStage(1).replace('  topics: [', `${database}\n${gateway}\n${topics}`))
    const running = started(space, ['--port', String(port)])
    await running.ended()
    expect(running.output).toMatch(new RegExp(`--port: ${port} is in use by .+\\(process ${process.pid}\\)\\.`))
    expect(running.output).toContain('Choose another port, or end that program.')
  })

  it.runIf(process.platform === 'linux')(
    'opens its console in the browser of a desktop, and nothing with BROWSER=none',
    async () => {
      const space = await project()
      const opened = join(space.dir, 'opened')
      const record = `#!/bin/sh\nfor page in "$@"; do cat "\${page#file://}"; done > '${opened}'\n`
      await writeFile(join(space.dir, 'xdg-open'), record, { mode: 0o755 })
      const { CI: _ci, SSH_CONNECTION: _ssh, ...env } = space.env
      const desktop = { ...env, DISPLAY: ':0', PATH: `${space.dir}:${space.env['PATH']}` }
      const address = (running: RunningDev) =>
        /Open it in a browser: (http:\S+)/.exec(running.output)?.[1] ?? 'no address'
      const refused = terminal({ ...space, env: { ...desktop, BROWSER: 'none' } })
      await refused.says(/Ready: /)
      expect(await refused.interrupt()).toBe(0)
      await expect(readFile(opened)).rejects.toThrow('ENOENT')
      const running = terminal({ ...space, env: desktop })
      await running.says(/Ready: /)
      const page = await eventually('the page is opened', 60, () =>
        readFile(opened, 'utf8').then((text) => text || undefined),
      )
      expect(page).toContain(`url=${address(running)}"`)
      expect(await running.interrupt()).toBe(0)
    },
  )

  it.runIf(mayMount())('says in one sentence that the disk is full', async () => {
    const space = await project()
    const state = join(space.dir, 'state')
    await mkdir(state, { mode: 0o711 })
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=711', 'tmpfs', state]).status).toBe(0)
    const running = started(space)
    onTestFinished(() => void spawnSync('umount', ['--lazy', state]))
    await running.ended()
    expect(running.output).toContain('The disk is full: there is no space left for Kafka, PostgreSQL or their logs.')
    expect(running.output).not.toMatch(/\n\s+at /)
  })
})

function mayMount(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0
}
