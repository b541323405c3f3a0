import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commands } from '../commands/index.ts'
import { program } from '../program.ts'

const shop = join(import.meta.dirname, '..', '..', '..', 'examples', 'shop.yaml')
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'capacity-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function capacity(...args: string[]) {
  let [stdout, stderr] = ['', '']
  const environment = {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    colour: false,
    kubeconfig: undefined,
    kubeconfigCandidates: [],
  }
  const code = await program(commands, environment, new AbortController().signal).run(['capacity', ...args])
  return { code, stdout, stderr }
}

function file(text: string): string {
  const path = join(folder, 'pipeline.yaml')
  writeFileSync(path, text)
  return path
}

function tight(more = '') {
  return `
kind: OrderPipeline
metadata: { name: tight }
spec:
  topics: [{ name: placed, partitions: 11 }]
  stages:
    - name: payment
      consumes: [{ topic: placed }]
      concurrency: 10
      workSeconds: 1
      scaling: { minReplicas: 1, maxReplicas: 20 }
${more}`
}

describe('orderpipeline capacity', () => {
  it('shows what the example needs, and what gives out first', async () => {
    const { code, stdout } = await capacity('-f', shop, '--rate', '100000/min')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^payment +95.2 +18\/100 +20 of 220 +571,429\/min {2}█+░+ 18 %$/m)
    expect(stdout).toContain('It carries up to 120,000/min; the database gives out first.')
    const larger = await capacity('-f', shop, '--rate', '100000/min', '--figure', 'databaseCores=8')
    expect(larger.stdout).toContain('It carries up to 245,902/min; inventory gives out first.')
  })

  it('plans for a peak of the average, and the disk for the average', async () => {
    const { code, stdout } = await capacity('-f', shop, '--rate', '1000000/day', '--peak', '5', '--json')
    const plan = JSON.parse(stdout) as { topics: { topic: string; diskBytes: number }[] }
    expect(code).toBe(0)
    expect(plan).toMatchObject({ fits: true, bottleneck: 'database', brokers: { count: 3 } })
    expect(plan).toMatchObject({ figures: { databaseCores: { value: 2 } } })
    const ordersPlaced = plan.topics.find(({ topic }) => topic === 'orders.placed')
    // A million messages a day, for seven days, three times.
    expect(ordersPlaced?.diskBytes).toBeCloseTo(1_000_000 * 590 * 7 * 3, -3)
  })

  it('says what the database, the relay and the gateway would need beyond what there is', async () => {
    const figures = ['databaseCores=1', 'relayOrders=100', 'gatewayOrders=10', 'partitionMegabytes=0.01']
    const { code, stdout } = await capacity(
      ...['-f', shop, '--rate', '120000/min'],
      ...figures.flatMap((figure) => ['--figure', figure]),
    )
    expect(code).toBe(1)
    expect(stdout).toContain('It carries up to 6,000/min; the relay gives out first.')
    expect(stdout).toContain('the gateway needs maxReplicas 200 instead of 50.')
    expect(stdout).toContain('the database needs 2 cores instead of 1 (--figure databaseCores)')
    expect(stdout).toContain('orders.placed needs 118 partitions instead of 110 for its bytes.')
  })

  it.each([
    [['--peak', '0.5'], /--peak: found "0.5"; allowed: a number from 1 to 1000/],
    [['--figure', 'databaseCores'], /--figure databaseCores: found ""; allowed: a number/],
    [['--figure', 'cores=3'], /--figure: found "cores=3"; allowed: name=number, with one of messageBytes/],
  ])('refuses %s', async (args, message) => {
    const { code, stderr } = await capacity('-f', shop, ...args)
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)])
  })

  it('counts the messages per order that --ratio names, for existing topics', async () => {
    const { stdout } = await capacity('-f', shop, '--ratio', 'orders.cancelled=1')
    expect(stdout).toMatch(/^payment +50 .* 300,000\/min/m)
    for (const wrong of ['orders.canceled=1', 'orders.cancelled=none', 'many']) {
      const { code, stderr } = await capacity('-f', shop, '--ratio', wrong)
      expect(code).toBe(2)
      expect(stderr).toMatch(/--ratio.*: found ".*"; allowed: (a number from|topic=number, with a topic that a stage)/)
    }
  })

  it('says what to change where a rate does not fit, and exits with 1', async () => {
    const { code, stdout } = await capacity('-f', file(tight()), '--rate', '250/s')
    expect(code).toBe(1)
    expect(stdout).toContain('It carries up to 6,000/min; payment gives out first.')
    expect(stdout).toContain(
      'payment needs maxReplicas 25 instead of 20 and 28 partitions in the topics it consumes instead of 11 (11 partitions let it reach 10), or less work a message.',
    )
  })

  it('is JSON where a program reads it', async () => {
    const { stdout } = await capacity('-f', file(tight()), '--rate', '50/s', '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      fits: true,
      sustainable: 100,
      bottleneck: 'payment',
      stages: [{ name: 'payment', neededReplicas: 5, neededPartitions: 6, load: 0.5 }],
    })
  })

  it('does not guess at a stage that does not say how long its work takes', async () => {
    const silent = `    - { name: audit, consumes: [{ topic: placed }], scaling: { minReplicas: 1, maxReplicas: 2 } }`
    const { stdout } = await capacity('-f', file(tight(silent)), '--rate', '50/s')
    expect(stdout).toContain('Not reckoned, for want of workSeconds: audit.')
  })

  it.each([
    ['--rate', 'fast', /--rate: found "fast"; allowed: such as 10000\/min/],
    ['--rate', '1/s', /holds 0 OrderPipelines; allowed: one/, 'kind: ConfigMap'],
    [
      '--rate',
      '1/s',
      /spec\.stages\[0\]\.workSeconds: .*number/,
      tight().replace('workSeconds: 1', 'workSeconds: slow'),
    ],
    ['--rate', '1/s', /is not YAML/, 'spec: [1'],
  ])('refuses what it cannot reckon with: %s %s', async (flag, rate, message, text = tight()) => {
    const { code, stderr } = await capacity('-f', file(text), flag, rate)
    expect(code).toBe(rate === 'fast' ? 2 : 1)
    expect(stderr).toMatch(message)
  })

  it('says that a file is not there', async () => {
    const { code, stderr } = await capacity('-f', join(folder, 'none.yaml'))
    expect(code).toBe(2)
    expect(stderr).toContain('none.yaml cannot be read: ENOENT')
  })
})
