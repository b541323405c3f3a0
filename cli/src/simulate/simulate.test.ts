import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commands } from '../commands/index.ts'
import { program } from '../program.ts'

const examples = join(import.meta.dirname, '..', '..', '..', 'examples')
const shop = join(examples, 'shop.yaml')
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'simulate-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function simulate(...args: string[]) {
  let [stdout, stderr] = ['', '']
  const environment = {
    stdout: { columns: 80, write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    colour: false,
    kubeconfig: undefined,
    kubeconfigCandidates: [],
  }
  const code = await program(commands, environment, new AbortController().signal).run(['simulate', ...args])
  return { code, stdout, stderr }
}

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const slowPayments = ['--work', 'payment=5', '--burst', '8000', '--ratio', 'orders.cancelled=0']

describe('orderpipeline simulate', { timeout: 60_000 }, () => {
  it('draws lag and replicas of every stage within the width of the terminal, and prints a summary', async () => {
    const { code, stdout } = await simulate('-f', shop, ...slowPayments)
    expect(code).toBe(0)
    const lines = stdout.split('\n')
    expect(lines[0]).toBe('shop: 8,000 orders in 10s')
    expect(lines.filter((line) => /[▁-█]/.test(line)).every((line) => line.length <= 80)).toBe(true)
    expect(stdout).toMatch(/^payment +8,000 +7,\d{3} .* 5→100\/100 /m)
    expect(lines.filter((line) => line.length > 80)).toEqual([])
    expect(stdout).toMatch(/^8,000 orders are finished after .* replica-hours in .* % of the\s+replica-hours/m)
  })

  it('uses the partitions of an external Kafka, as those of a Strimzi cluster', async () => {
    const text = readFileSync(shop, 'utf8')
    const kafka = 'strimziCluster: shop-kafka'
    expect(text).toContain(kafka)
    const external = text.replace(kafka, 'external: { bootstrapServers: "kafka.example.com:9092" }')
    const there = await simulate('-f', file('external.yaml', external), ...slowPayments, '--json')
    expect(there).toEqual(await simulate('-f', shop, ...slowPayments, '--json'))
    expect(there.code).toBe(0)
  })

  it('plays a recorded time under another policy, and prints what that would have saved', async () => {
    const rows = Array.from({ length: 61 }, (_, minute) => `${minute}m,50/s,900,40`)
    const recorded = file(
      'recorded.csv',
      ['at,rate,payment.lag,payment.replicas', ...rows].join('\n').replace('0m', '0'),
    )
    const { code, stdout } = await simulate('-f', shop, '--replay', recorded, '--scaling', 'flow')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^recorded +900 +3,294,000 +40\.7 +- +- *$/m)
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /Scaled by flow, this time would have saved 3\d\.\d replica-hours of 40\.7, and saved 3,\d{3},\d{3} lag seconds of 3,294,000\./,
    )
    const json = await simulate('-f', shop, '--replay', recorded, '--scaling', 'flow', '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({ replay: { recorded: { peakLag: 900 }, runs: [{ name: 'flow' }] } })
    const wrong = await simulate('-f', shop, '--replay', file('wrong.csv', 'at,lag\n0,1'))
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('line 1: found "at,lag"')
  })

  it('prints JSON with one sample per second, the same for the same seed', async () => {
    const first = await simulate('-f', shop, ...slowPayments, '--json')
    const second = await simulate('-f', shop, ...slowPayments, '--json')
    const other = await simulate('-f', shop, ...slowPayments, '--json', '--seed', '2')
    expect(second.stdout).toBe(first.stdout)
    expect(other.stdout).not.toBe(first.stdout)
    const { figures, series, messagesPerOrder } = JSON.parse(first.stdout) as Record<string, unknown>
    expect(figures).toMatchObject({ orders: 8_000 })
    expect(messagesPerOrder).toMatchObject({ 'inventory.updated': 1, 'payment.processed': 1, 'orders.cancelled': 0 })
    const lengths = (series as { lag: number[]; ready: number[] }[]).map(({ lag, ready }) => [lag.length, ready.length])
    expect(new Set(lengths.flat()).size).toBe(1)
  })

  it('compares the scaling policies, and fixed numbers of replicas', async () => {
    const { stdout } = await simulate('-f', shop, ...slowPayments, '--compare')
    expect(stdout).toMatch(/^consumer lag .*\nflow .*\nsteps of two .*\nalways maxReplicas .*\nalways minReplicas /m)
  })

  it('scales with the policy of --scaling, and compares it with the others', async () => {
    const { stdout } = await simulate('-f', shop, ...slowPayments, '--scaling', 'flow', '--compare')
    expect(stdout).toMatch(/^flow .*\nconsumer lag .*\nsteps of two /m)
  })

  it('scales each stage with its own policy if --scaling is absent', async () => {
    const run = async (policy: string, ...more: string[]) => {
      const scaling = `scaling: { policy: ${policy}, minReplicas: 1, maxReplicas: 9, drainSeconds: 15 }`
      const stage = `{ name: s, image: s:1, consumes: [{ topic: a }], concurrency: 1, workSeconds: 0.2, ${scaling} }`
      const path = file(
        'policy.yaml',
        `kind: OrderPipeline\nmetadata: { name: p }\nspec: { topics: [{ name: a }], stages: [${stage}] }`,
      )
      const { stdout } = await simulate('-f', path, '--rate', '1200/min', '--for', '3m', '--json', ...more)
      return JSON.parse(stdout) as { scaling: string; series: { wanted: number[] }[] }
    }
    const onFlow = await run('Flow')
    expect(onFlow.scaling).toBe('policy')
    expect(onFlow.series).toEqual((await run('Lag', '--scaling', 'flow')).series)
    expect(onFlow.series).not.toEqual((await run('Lag')).series)
    expect((await run('Lag')).scaling).toBe('lag')
  })

  it('refuses an unknown scaling policy, and names the allowed ones', async () => {
    const { code, stderr } = await simulate('-f', shop, ...slowPayments, '--scaling', 'cpu')
    expect(code).toBe(2)
    expect(stderr).toMatch(/cpu.*lag, flow, steps/)
  })

  it('compares with an autoscaler on CPU, which does not scale a stage that waits for other systems', async () => {
    const { stdout } = await simulate('-f', shop, ...slowPayments, '--cpu', 'payment=0.005', '--json')
    const { alternatives } = JSON.parse(stdout) as { alternatives: { name: string; figures: { stages: unknown[] } }[] }
    expect(alternatives[0]?.name).toBe('CPU, 70 millicores (payment)')
    expect(alternatives[0]?.figures.stages).toContainEqual(
      expect.objectContaining({ name: 'payment', mostReplicas: 5 }),
    )
  })

  it('scales on flow to no more than the useful replicas if all share a provider, and says why', async () => {
    const load = ['--rate', '50000/min', '--for', '3m', '--shared', 'payment=600/s', '--json']
    const most = async (way: string) => {
      const { stdout } = await simulate('-f', shop, ...load, '--scaling', way)
      const { figures, changes } = JSON.parse(stdout) as {
        figures: { stages: { name: string; mostReplicas: number; doneAtSeconds: number }[] }
        changes: { name: string; changes: { reason: string; text: string }[] }[]
      }
      const payment = figures.stages.find(({ name }) => name === 'payment') ?? expect.fail('no payment')
      return { ...payment, changes: changes.find(({ name }) => name === 'payment')?.changes ?? [] }
    }
    const [onLag, onFlow] = [await most('lag'), await most('flow')]
    expect(onLag.mostReplicas).toBe(100)
    expect(onFlow.mostReplicas).toBeLessThan(50)
    expect(onFlow.doneAtSeconds).toBeLessThan(onLag.doneAtSeconds * 1.1)
    expect(onFlow.changes.find(({ reason }) => reason === 'ScaleOutUseless')?.text).toMatch(
      /more than \d+ replicas did not increase the throughput/,
    )
    expect((await simulate('-f', shop, '--burst', '10', '--shared', 'pay=1/s')).stderr).toContain(
      '--shared: found "pay=1/s"; allowed: stage=rate',
    )
  })

  it.each(['burst.csv', 'lunch.json'])('replays the example trace %s', async (name) => {
    const { code, stderr } = await simulate('-f', shop, '--trace', join(examples, 'traces', name))
    expect([code, stderr]).toEqual([0, ''])
  })

  it('exits with 1 if a load does not drain', async () => {
    const { code, stdout } = await simulate('-f', shop, '--burst', '20000', '--work', 'payment=600', '--tail', '1m')
    expect(code).toBe(1)
    expect(stdout).toContain('20,000 orders are not finished after 1m10s.')
  })

  it('reports the stages that no message reaches', async () => {
    const { stdout } = await simulate('-f', shop, '--burst', '10', '--ratio', 'orders.validated=0')
    expect(stdout).toContain('No message reaches inventory, payment, shipping')
  })

  it.each([
    [[], /the load: found 0 of --trace, --replay, --day and --rate or --burst/],
    [['--rate', '1/s', '--day', '1/s'], /the load: found 2/],
    [['--day', 'long'], /--day: found "long"; allowed: such as 10000\/min/],
    [['--rate', '1/s', '--for', 'ever'], /--for: found "ever"; allowed: such as 30s/],
    [['--rate', '1/s', '--for', '200h'], /the load: found one of 8d08h; allowed: up to 7d/],
    [['--burst', 'big'], /--burst: found "big"; allowed: a whole number from 1/],
    [
      ['--burst', '1', '--work', 'paymnt=1'],
      /--work: found "paymnt=1"; allowed: stage=seconds, with one of the stages orders, /,
    ],
    [['--burst', '1', '--work', 'payment=0'], /--work payment: found "0"; allowed: a number from 0.0001/],
    [['--burst', '1', '--ratio', 'many'], /--ratio: found "many"; allowed: topic=number/],
    [
      ['--burst', '1', '--ratio', 'orders.placed=2'],
      /--ratio orders.placed: found .* allowed: a topic that a stage emits/,
    ],
    [
      ['--burst', '1', '--ready-while-starting', '2'],
      /--ready-while-starting: found "2"; allowed: a number from 0 to 1/,
    ],
    [['--burst', '1', '--seed', '-1'], /--seed: found "-1"; allowed: a whole number from 0/],
    [['--trace', '/no/such/file'], /--trace: ENOENT/],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await simulate('-f', shop, ...args)
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
  })

  it('names the wrong line of a trace', async () => {
    const trace = file('wrong.csv', 'at,orders\n0,1\n5,x\n')
    const { stderr } = await simulate('-f', shop, '--trace', trace)
    expect(stderr).toContain('wrong.csv: line 3.orders: found "x"; allowed: a whole number')
  })

  it('refuses a stage without workSeconds', async () => {
    const scaling = 'scaling: { minReplicas: 1, maxReplicas: 2, lagPerReplica: 10 }'
    const silent = file(
      'silent.yaml',
      `kind: OrderPipeline\nmetadata: { name: p }\nspec: { topics: [{ name: a }], stages: [{ name: s, consumes: [{ topic: a }], ${scaling} }] }`,
    )
    const { code, stderr } = await simulate('-f', silent, '--burst', '10')
    expect(code).toBe(1)
    expect(stderr).toContain(
      'spec.stages[s].workSeconds: found none; allowed: busy seconds per message, in the spec or as --work s=0.1',
    )
    expect((await simulate('-f', silent, '--burst', '10', '--work', 's=0.1')).code).toBe(0)
  })
})
