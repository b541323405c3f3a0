// What does someone see when the machine is not as `orderpipeline dev` needs it? A port that
// another program has, a limit on processes, a full disk: one message each that says what to do.
import { spawnSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
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
}, 60_000)

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
  }, 60_000)
  return running
}

describe('orderpipeline dev', { timeout: 300_000 }, () => {
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
