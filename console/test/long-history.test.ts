// Does the scaling view show what a real Prometheus has kept over a day, at the cost of one viewer,
// and go on without it? In a real browser.
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, inProcessHost } from '@orderpipeline/cluster/testing'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { LongAnswer } from '../src/model/long-range.ts'
import type { PartHistory } from '../src/model/state.ts'
import { rangeQueries } from '../src/prometheus/range-queries.ts'
import { settled, startBrowser, violationsOn, watchedPage } from '../src/testing/browser.ts'
import { recordedConsole } from '../src/testing/recorded-console.ts'
import type { RecordedConsole } from '../src/testing/recorded-console.ts'
import { burstsAgo, recordedPrometheus, standstillSeconds } from '../src/testing/recorded-prometheus.ts'

const patienceMs = 60_000
const lookedMs = 600_000
const path = '/pipelines/default/shop/scaling/payment'

let folder: string
let host: ReturnType<typeof inProcessHost>
let counter: Counter
let browser: Browser
let console: RecordedConsole
let context: BrowserContext
let page: Page
let complaints: string[]

interface Counter {
  readonly url: string
  readonly server: Server
  requests: number
}

/** Leads to the Prometheus and counts what is asked. */
async function countingProxy(target: string): Promise<Counter> {
  const counted = { requests: 0 }
  const server = createServer((request, response) => {
    counted.requests += 1
    void fetch(`${target}${request.url}`, { signal: AbortSignal.timeout(patienceMs) })
      .then(async (answer) => response.writeHead(answer.status).end(await answer.text()))
      .catch((error: unknown) => response.destroy(error as Error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(counted, { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orderpipeline-history-'))
  host = inProcessHost(join(folder, 'processes'))
  counter = await countingProxy(await recordedPrometheus(host, join(folder, 'prometheus')))
  ;[browser, console] = await Promise.all([startBrowser(), recordedConsole({ lookedMs, prometheus: counter.url })])
}, 600_000)
afterAll(async () => {
  await browser.close()
  await console.close()
  counter.server.close()
  await host.close()
  await rm(folder, { recursive: true, force: true })
  expect(console.said).toEqual([])
})
beforeEach(async () => {
  context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] })
  complaints = []
  page = await openPage()
})
afterEach(async () => {
  await context.close()
  expect(complaints).toEqual([])
})

function openPage(): Promise<Page> {
  return watchedPage(context, complaints)
}

async function longHistory(part: string, minutes: number): Promise<PartHistory> {
  const target = `${console.server.url}/api/history/default/shop/${part}?minutes=${minutes}`
  const answer = await fetch(target, { signal: AbortSignal.timeout(patienceMs) })
  expect(answer.status).toBe(200)
  const body = (await answer.json()) as LongAnswer
  if ('trouble' in body) throw new Error(body.trouble)
  return body.history
}

describe('the history of Prometheus', () => {
  it('has the bursts of the last day at its step, with the rebalances of the group, and its gap', async () => {
    const { samples, scalings } = await longHistory('payment', 1_440)
    expect(samples.length).toBeGreaterThan(690)
    expect(samples.length).toBeLessThanOrEqual(721)
    expect(scalings.map(({ from, to }) => [from, to])).toEqual(
      burstsAgo.flatMap(() => [
        [5, 100],
        [100, 5],
      ]),
    )
    const rebalances = samples.filter(({ rebalanceSeconds }) => rebalanceSeconds !== undefined)
    expect(rebalances.length).toBeGreaterThanOrEqual(burstsAgo.length)
    for (const { rebalanceSeconds } of rebalances) expect(rebalanceSeconds).toBeGreaterThan(standstillSeconds * 0.8)
    const gaps = samples.filter(({ at }, index) => index > 0 && at - (samples[index - 1]?.at ?? 0) > 1.5 * 120_000)
    expect(gaps).toHaveLength(1)
    expect(samples.find(({ wanted }) => wanted === 100)).toMatchObject({ lag: 8_000, ready: 100 })
  })

  it('has the replicas of the gateway, which has no lag, every 30 s over six hours', async () => {
    const { samples } = await longHistory('gateway', 360)
    expect(samples.every(({ lag }) => lag === null)).toBe(true)
    expect((samples[1]?.at ?? 0) - (samples[0]?.at ?? 0)).toBe(30_000)
  })

  it('costs Prometheus the same for fifty viewers as for one', async () => {
    await longHistory('payment', 1_440)
    const before = counter.requests
    await Promise.all(Array.from({ length: 50 }, () => longHistory('payment', 1_440)))
    // The next sample may have become due.
    const queries = rangeQueries({ namespace: 'default', name: 'shop' }, { minutes: 1_440, stepMs: 120_000 })
    expect(counter.requests - before).toBeLessThanOrEqual(queries.length)
  })

  it('is refused over another time, and absent where the console reads no Prometheus', async () => {
    const status = async (of: RecordedConsole, minutes: number) => {
      const target = `${of.server.url}/api/history/default/shop/payment?minutes=${minutes}`
      return (await fetch(target, { signal: AbortSignal.timeout(patienceMs) })).status
    }
    expect(await status(console, 7)).toBe(400)
    const without = await recordedConsole({ lookedMs })
    expect(await status(without, 360)).toBe(404)
    await without.close()
  })
})

describe('the scaling view', () => {
  it('offers six hours and a day, with changes, rebalances and gaps, under an address for a colleague', async () => {
    await page.goto(`${console.server.url}${path}`)
    await page.getByRole('link', { name: '6 h' }).click()
    await page.getByRole('img', { name: /payment over the last 6 hours/ }).waitFor()
    expect(new URL(page.url()).search).toBe('?minutes=360')
    await page
      .locator('.changes .step', { hasText: /^5 → 100$/ })
      .first()
      .waitFor()
    await page
      .locator('.changes li', { hasText: /not fetched for up to \d+s/ })
      .first()
      .waitFor()
    expect(await page.locator('.chart .lag .line').count()).toBe(2)
    expect(await page.locator('.chart .standstills rect').count()).toBeGreaterThan(0)
    await page.getByRole('button', { name: 'Copy link' }).click()
    const colleague = await openPage()
    await colleague.goto(await page.evaluate<string>('navigator.clipboard.readText()'))
    await colleague.getByRole('img', { name: /payment over the last 6 hours/ }).waitFor()
    expect(await colleague.locator('.ranges a[aria-current]').textContent()).toBe('6 h')
    await colleague.getByRole('link', { name: '24 h' }).click()
    await colleague.getByRole('img', { name: /payment over the last 24 hours/ }).waitFor()
    const bursts = colleague.locator('.changes .step', { hasText: /^5 → 100$/ })
    await expect.poll(() => bursts.count()).toBeGreaterThanOrEqual(burstsAgo.length)
  })

  for (const look of [
    { colorScheme: 'light', viewport: { width: 1_366, height: 900 } },
    { colorScheme: 'dark', viewport: { width: 360, height: 740 } },
  ] as const)
    it(`has no finding of axe over a day: ${look.colorScheme}, ${look.viewport.width} pixels`, async () => {
      await context.close()
      context = await browser.newContext({ ...look, reducedMotion: 'reduce' })
      page = await openPage()
      await page.goto(`${console.server.url}${path}?minutes=1440`)
      await settled(page)
      expect(await violationsOn(page)).toEqual([])
      expect(await page.locator('main').innerHTML()).not.toMatch(/NaN|undefined|Infinity/)
      const wide = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
      expect(await page.evaluate(wide)).toBe(0)
    })

  it('says in one line that Prometheus is away, and shows what the console has seen', async () => {
    const away = await recordedConsole({ lookedMs, prometheus: `http://127.0.0.1:${await freePort()}` })
    await page.goto(`${away.server.url}${path}?minutes=360`)
    const line = page.getByRole('status').filter({ hasText: /Prometheus at .* does not answer: .*ECONNREFUSED/ })
    await line.waitFor()
    expect(await line.innerText()).toContain('This is what the console has seen.')
    expect(await page.locator('.chart .replicas .line').count()).toBe(1)
    expect(await page.locator('.readout').innerText()).toMatch(/wanted \d+/)
    expect(await violationsOn(page)).toEqual([])
    await page.close()
    await away.close()
  })

  it('says that it reads no Prometheus to a colleague with a link, and offers no longer time', async () => {
    const without = await recordedConsole({ lookedMs })
    await page.goto(`${without.server.url}${path}?minutes=1440`)
    await page.getByText('This console reads no Prometheus').waitFor()
    expect(await page.locator('.ranges a').allTextContents()).toEqual(['10 min', '30 min', '2 h'])
    await page.close()
    await without.close()
  })
})
