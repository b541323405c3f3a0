// Does a person who has nothing but what `npm start` prints do the six tasks of the console, in at
// most three clicks each? In real Chromium, on real processes, with a real burst.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ledger } from '@orderpipeline/test-support/ledger'
import { impatientPayment, sixTasks, taskNames, tooManyClicks } from '@orderpipeline/test-support/six-tasks'
import type { TaskReport } from '@orderpipeline/test-support/six-tasks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { eventually, RunningDev, workspace } from '../src/testing/running-dev.ts'
import type { Workspace } from '../src/testing/running-dev.ts'

const example = join(import.meta.dirname, '../../examples/shop.yaml')
let space: Workspace
let running: RunningDev
let report: TaskReport

/** The example with few replicas: payment scales from 1 to 8, and back at once. */
async function smallShop(): Promise<string> {
  const shop = parse(await readFile(example, 'utf8')) as OrderPipeline
  const few = { minReplicas: 1, maxReplicas: 2 }
  const { gateway, stages } = shop.spec
  const small = {
    ...shop.spec,
    gateway: { ...gateway, scaling: { ...gateway?.scaling, ...few } },
    stages: stages.map((stage) =>
      stage.name === 'payment'
        ? {
            ...{ ...stage, retry: impatientPayment.retry, env: [...(stage.env ?? []), ...impatientPayment.env] },
            scaling: {
              ...{ minReplicas: 1, maxReplicas: 8, lagPerReplica: 60, pollingIntervalSeconds: 1 },
              scaleDown: { stabilizationSeconds: 0, periodSeconds: 5 },
            },
          }
        : { ...stage, scaling: { ...stage.scaling, ...few } },
    ),
  }
  return stringify({ ...shop, spec: small })
}

beforeAll(async () => {
  space = await workspace(await smallShop())
  running = new RunningDev(space, ['--profile', 'shop'])
  await running.says(/Open it in a browser: http:\S+/)
  const [, address = ''] = /Open it in a browser: (http:\S+)/.exec(running.output) ?? []
  report = await sixTasks(address, { orders: 700, failing: 400 })
}, 600_000)
afterAll(async () => {
  running.kill()
  await running.ended()
  await space.remove()
})

describe('a person with the printed address', () => {
  it('does each of the six tasks in at most three clicks, without a complaint of the browser', () => {
    expect(tooManyClicks(report)).toEqual({})
    expect(report.complaints).toEqual([])
    const typing = taskNames.filter((name) => report.tasks[name].keys > 0)
    expect(typing).toEqual(['order']) // its id; all else is seen or clicked
  })

  it('sees the bottleneck without a click', () => {
    const { clicks, answer } = report.tasks.bottleneck
    expect([clicks, answer.stage]).toEqual([0, 'payment'])
    expect(answer.sentence).toMatch(/messages wait there/)
  })

  it('sees why payment has its replicas', () => {
    const { stage, replicas, reasons, lastChange } = report.tasks.whySoMany.answer
    expect(stage).toBe('payment')
    expect(replicas).toBeGreaterThan(1)
    expect(reasons.join('\n')).toMatch(/lag [\d,]+ on shop\.inventory\.updated/)
    expect(lastChange).toMatch(/\d → \d/)
  })

  it('sees what the order waits for', () => {
    const { status, waits, events } = report.tasks.order.answer
    expect(events.length).toBeGreaterThan(0)
    expect(waits, status).toMatch(/^Waits for \w+/)
  })

  it('sees that it gets better', () => {
    expect(report.tasks.better.answer).toMatch(/^payment is the bottleneck: .* The backlog is shrinking\.$/)
  })

  it('replays the messages of one cause, after which their orders have their end', async () => {
    const { cause, message, replayed } = report.tasks.replay.answer
    expect(cause).toMatch(/^payment Failing$/)
    expect(message).not.toBe('')
    expect(replayed).toBeGreaterThan(0)
    const books = new Ledger(await running.secret('shop-postgres-admin', 'url'))
    try {
      await eventually('every order has its end', 120, async () =>
        (await books.unfinished()) === 0 ? true : undefined,
      )
    } finally {
      await books.close()
    }
  })

  it('gives a colleague a link to what they see, which cannot act', () => {
    const { link, heading, seen, acts } = report.tasks.link.answer
    expect([seen, acts]).toEqual([heading, false])
    expect(link).not.toContain('key')
  })

  it('sees payment back at one replica', async () => {
    await eventually('payment is back', 120, async () =>
      (await running.pods('payment')).length === 1 ? true : undefined,
    )
  })
})
