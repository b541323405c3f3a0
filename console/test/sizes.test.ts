// Does the page stay right where pipelines are unusual? Thirty stages of a hundred replicas, none
// at all, and none with a figure.
import type { OrderPipeline, Stage } from '@orderpipeline/operator/api'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { settled, startBrowser, violationsOn } from '../src/testing/browser.ts'
import { recordedConsole } from '../src/testing/recorded-console.ts'
import { recordedSource, shopPipeline } from '../src/testing/recorded-shop.ts'
import type { RecordedSource } from '../src/testing/recorded-shop.ts'

let browser: Browser
beforeAll(async () => {
  browser = await startBrowser()
}, 600_000)
afterAll(() => browser.close())

/** What the page says of this source, and what is wrong with it. */
async function showPage(source: RecordedSource, path = '/pipelines/default/shop') {
  const console = await recordedConsole({ source, lookedMs: 60_000 })
  const page = await browser.newPage({ viewport: { width: 1_366, height: 900 } })
  const errors: string[] = []
  page.on('pageerror', ({ message }) => errors.push(message))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  try {
    await page.goto(`${console.server.url}${path}`)
    await settled(page)
    const markup = await page.locator('main').innerHTML()
    expect(markup).not.toMatch(/NaN|undefined|Infinity/)
    expect(await violationsOn(page)).toEqual([])
    expect(errors).toEqual([])
    return {
      text: await page.locator('main').innerText(),
      parts: await page.locator('.graph a.part').count(),
      path: new URL(page.url()).pathname,
    }
  } finally {
    await page.close()
    await console.close()
  }
}

const hours = 7_200_000
function stages(count: number, replicas: number): Stage[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `stage-${index}`,
    image: 'example/stage:1',
    consumes: [{ topic: `t${index}` }],
    emits: [{ topic: `t${index + 1}` }],
    scaling: { minReplicas: replicas, maxReplicas: replicas, lagPerReplica: 100 },
  }))
}
function withStages(list: readonly Stage[]): OrderPipeline {
  const shop = shopPipeline()
  const topics = Array.from({ length: list.length + 1 }, (_, index) => ({ name: `t${index}` }))
  return { ...shop, spec: { kafka: shop.spec.kafka, topics, stages: list } }
}

it('the page shows thirty stages of a hundred replicas', async () => {
  const { text, parts } = await showPage(recordedSource(Date.now() - hours, withStages(stages(30, 100))))
  expect(parts).toBe(30)
  expect(text).toMatch(/of 3000 wanted|of 3,000 wanted/)
  expect(text).toContain('No objective is set. spec.slo sets them, such as slo: { stages: [{ name: stage-0')
})

it('the page shows stages at zero replicas', async () => {
  const { text, parts } = await showPage(recordedSource(Date.now() - hours, withStages(stages(3, 0))))
  expect(parts).toBe(3)
  expect(text).toContain('0/0')
})

it('the page shows a pipeline without figures before the first reconcile', async () => {
  const source = recordedSource(Date.now() - hours)
  source.look = () =>
    Promise.resolve({
      at: source.at,
      pipelines: [shopPipeline()],
      listed: { scaledObjects: [], autoscalers: [], deployments: [], topics: [], pods: [] },
    })
  const { text, parts } = await showPage(source)
  expect(parts).toBe(6)
  expect(text).toContain('The operator has not looked at this pipeline yet.')
  expect(text).toContain('No figures yet.')
  expect(text).toContain('No Events are known')
})

it('the page shows that there is no pipeline, or none of that name', async () => {
  const source = recordedSource(Date.now() - hours)
  const nothing = { scaledObjects: [], autoscalers: [], deployments: [], topics: [], pods: [] }
  source.look = () => Promise.resolve({ at: source.at, pipelines: [], listed: nothing })
  expect((await showPage(source, '/')).text).toContain('No pipeline here yet')
  expect((await showPage(source)).text).toContain('There is no pipeline default/shop here')
})
