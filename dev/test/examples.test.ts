// Do the three examples of stages of one's own run without a cluster, as their README says?
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { recommendationsArchive } from '@orderpipeline/cluster/examples'
import { parse, stringify } from 'yaml'
import { eventually, RunningDev, workspace } from '../src/testing/running-dev.ts'
import type { Workspace } from '../src/testing/running-dev.ts'

const examples = join(import.meta.dirname, '../../examples')
const archiveDir = mkdtempSync(join(tmpdir(), 'recommendations-'))
const tables = join(examples, 'fraud-check/tables.yaml')

interface Pipeline {
  readonly spec: { readonly gateway: Scaled; readonly stages: (Scaled & { readonly name: string })[] }
}
interface Scaled {
  readonly scaling: { minReplicas: number }
}

/** The extended shop with the audit, each part with one replica. */
function extendedShop(): string {
  const pipeline = parse(readFileSync(join(examples, 'shop-extended.yaml'), 'utf8'), { merge: true }) as Pipeline
  const audit = parse(
    readFileSync(join(examples, 'order-audit/stage.yaml'), 'utf8'),
  ) as Pipeline['spec']['stages'][number]
  pipeline.spec.stages.push(audit)
  for (const { scaling } of [pipeline.spec.gateway, ...pipeline.spec.stages]) scaling.minReplicas = 1
  return stringify(pipeline, { aliasDuplicateObjects: false })
}

let space: Workspace
let running: RunningDev

beforeAll(async () => {
  await recommendationsArchive(undefined, archiveDir)
  space = await workspace(extendedShop())
  const fraud = `node ${join(examples, 'fraud-check/src/main.ts')}`
  running = new RunningDev(space, [
    ...['-f', tables, '--run', `audit=node ${join(examples, 'order-audit/audit.mjs')}`],
    ...['--run', `fraud-check=${fraud}`, '--run', `fraud-check-tables=${fraud} migrate`],
    ...['--run', `recommendations=${join(archiveDir, 'recommendations/recommendations')}`],
  ])
  await running.says('shop runs')
}, 900_000) // the first time Go fetches its modules, and itself where it is older

afterAll(async () => {
  await running.interrupt()
  await space.remove()
  rmSync(archiveDir, { recursive: true, force: true })
})

it(
  'orderpipeline dev runs the audit, the fraud check and the recommendations by --run, and each gets the orders',
  { timeout: 300_000 },
  async () => {
    for (let number = 0; number < 3; number += 1) {
      const body = {
        customerId: 'c-1',
        items: [
          { sku: 'SKU-0001', quantity: 900 },
          { sku: 'SKU-0002', quantity: 1 },
        ],
      }
      const answer = await fetch(`${running.gateway}/v1/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(10_000),
      })
      expect(answer.status).toBe(202)
    }
    await figure('audit', 'audited_orders_total{status="CONFIRMED"}', 3)
    await figure('fraud-check', 'fraud_check_suspected_total', 3)
    await figure('recommendations', 'recommendations_learned_orders_total', 3)
  },
)

/** The figure of the stage's one replica, by the local API, once it has reached the value. */
async function figure(stage: string, name: string, expected: number): Promise<void> {
  const kube = await running.kube()
  const actual = await eventually(`${name} ${expected}`, 120, async () => {
    const [pod] = await running.pods(stage)
    const text = await kube.getText(`/api/v1/namespaces/default/pods/${pod?.metadata.name}:9090/proxy/metrics`, 5_000)
    const value = text
      ?.split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1)
    return Number(value) >= expected ? Number(value) : undefined
  })
  expect(actual).toBe(expected)
}
