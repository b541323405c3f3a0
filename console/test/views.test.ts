// Does the console answer what people ask it, in a real browser? Each question in at most three
// clicks from the start; every view without a complaint of axe, in light, dark and forced colours,
// from a telephone to 4k.
import { gzipSync } from 'node:zlib'
import { CommandError } from '@orderpipeline/client'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { pageFiles } from '../src/page-files.ts'
import { settled, startBrowser, violationsOn, watchedPage } from '../src/testing/browser.ts'
import { recordedConsole } from '../src/testing/recorded-console.ts'
import type { RecordedConsole } from '../src/testing/recorded-console.ts'
import { recordedOrder, refundedOrder } from '../src/testing/recorded-shop.ts'

const patienceMs = 15_000
let browser: Browser
let console: RecordedConsole
let context: BrowserContext
let page: Page
let complaints: string[]

beforeAll(async () => {
  ;[browser, console] = await Promise.all([startBrowser(), recordedConsole()])
}, 600_000)
afterAll(async () => {
  await browser.close()
  await console.close()
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
function start() {
  return page.goto(console.server.url)
}
function waitForText(text: string | RegExp) {
  return page.getByText(text).first().waitFor()
}

describe('a user who opens the console', () => {
  it('sees the bottleneck at once, in a sentence and in the graph', async () => {
    await start()
    await waitForText(/payment is the bottleneck:/)
    await page.getByText(/messages wait there, about \d+m?\d*s/).waitFor()
    expect(new URL(page.url()).pathname).toBe('/pipelines/default/shop')
    const card = page.locator('svg a.by-backlog')
    expect(await card.locator('desc').textContent()).toMatch(
      /^payment, the bottleneck, [\d,]+ messages waiting, wait .*replicas ready/,
    )
  })

  it('learns why there are so many pods with one click on the stage', async () => {
    await start()
    await page.locator('svg a', { hasText: 'payment' }).click()
    await page.getByRole('heading', { name: 'Scaling of payment' }).waitFor()
    await page.getByRole('heading', { name: /^Why \d+ replicas/ }).waitFor()
    await waitForText(/lag [\d,]+ on shop\.inventory\.updated .*the target per replica is 60/)
    const changes = page.locator('.changes li')
    await changes.first().waitFor()
    const texts = await changes.allTextContents()
    expect(texts.some((text) => text.includes('85 → 100') && text.includes('Lag'))).toBe(true)
    expect(texts.some((text) => text.includes('8 → 5'))).toBe(true)
  })

  it('sees how long each backlog takes to be drained, and what has happened', async () => {
    await start()
    const payment = await page.getByRole('row', { name: /^.*payment.*bottleneck/ }).innerText()
    expect(payment).toMatch(/\d+m?\d*s|not at this rate/)
    await page.getByRole('columnheader', { name: 'Drained in' }).waitFor()
    const events = page.getByRole('region', { name: 'Events' })
    expect(await events.locator('li').count()).toBe(4)
    expect(await events.innerText()).toMatch(/Warning[^]*DeadLetters[^]*17 dead letters wait in payment/)
  })

  it('sees what is left of each error budget, how fast it is spent, and which is exhausted', async () => {
    await start()
    const row = (name: string) => page.getByRole('row', { name: new RegExp(`^${name}`) })
    const payment = await row('payment-freshness').innerText()
    expect(payment).toMatch(/burning fast[^]*99 % of the time within 1m00s[^]*99\.04 % of 12d00h/)
    expect(payment).toMatch(/62 %, 4h27m of 7h12m[^]*3\.2×, lasts 5d19h/)
    expect(await row('shipping-freshness').innerText()).toMatch(/exhausted[^]*-12 %, over by 5m08s/)
    expect(await row('notification-freshness').innerText()).toContain('not measured yet')
    await page.getByRole('button', { name: 'that asks Prometheus for gateway-latency' }).click()
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe(
      'orderpipeline:slo_error_budget_left:ratio{namespace="default", pipeline="shop", slo="gateway-latency"}',
    )
  })

  it('finds an order with two clicks, and the stage that it waits for', async () => {
    await start()
    await page.getByRole('link', { name: 'Orders', exact: true }).click()
    await page.getByLabel('Order id or customer').fill(` ${recordedOrder.orderId} `)
    await page.getByRole('button', { name: 'Find' }).click()
    await page.getByText(/Waits for payment, behind at most [\d,]+ messages \(/).waitFor()
    expect(await page.locator('.timeline li').count()).toBe(3)
    expect(await page.locator('.facts').textContent()).toContain('€49.97')
    expect(await page.getByRole('term').filter({ hasText: 'Class' }).count()).toBe(0)
    const trace = page.getByRole('link', { name: '4bf92f3577b34da6a3ce929d0e0e4736' })
    expect(await trace.getAttribute('href')).toBe('https://jaeger.example.com/trace/4bf92f3577b34da6a3ce929d0e0e4736')
  })

  it('sees an order by itself once a busy gateway answers again', async () => {
    const order = console.source.order.bind(console.source)
    let busyAnswers = 1
    console.source.order = (...query) => {
      if (busyAnswers-- > 0) return Promise.reject(new CommandError('The gateway does not answer.'))
      console.source.order = order
      return order(...query)
    }
    await page.goto(`${console.server.url}/pipelines/default/shop/orders/${recordedOrder.orderId}`)
    await waitForText('The gateway does not answer.')
    await page.getByText(/Waits for payment/).waitFor()
    complaints = complaints.filter((text) => !/the server responded with a status of 502/.test(text))
  })

  it('finds an order among those of its customer, and older ones', async () => {
    await page.goto(`${console.server.url}/pipelines/default/shop/orders`)
    await page.getByLabel('Order id or customer').fill(recordedOrder.customerId)
    await page.getByRole('button', { name: 'Find' }).click()
    await page.getByRole('heading', { name: `Orders of ${recordedOrder.customerId}` }).waitFor()
    await waitForText('20 orders, newest first')
    await page.getByRole('button', { name: 'Older ones' }).click()
    await waitForText('25 orders, newest first')
    expect(new URL(page.url()).search).toBe(`?customer=${recordedOrder.customerId}`)
    await page.getByRole('link', { name: recordedOrder.orderId }).click()
    await page.getByText(/Waits for payment/).waitFor()
  })

  it('sees the class of an order that is not standard', async () => {
    await page.goto(`${console.server.url}/pipelines/default/shop/orders/${refundedOrder.orderId}`)
    await page.getByRole('term').filter({ hasText: 'Class' }).waitFor()
    expect(await page.locator('.facts').textContent()).toContain('Classhigh')
  })

  it('sees the refunds and disputes of an order', async () => {
    await page.goto(`${console.server.url}/pipelines/default/shop/orders/${refundedOrder.orderId}`)
    await waitForText('€10.00 of €49.97 refunded in parts, €39.97 disputed.')
    expect(await page.locator('.money').first().locator('li').allTextContents()).toEqual([
      ...['Refund of €10.00REFUNDED1 × SKU-0001sent back', 'Refund of €5.00REFUSED: DISPUTEDarrived late'],
      'Dispute of €39.97LOSTfraudulent',
    ])
  })

  it('sees the parcel of an order, and follows it to its carrier', async () => {
    await page.goto(`${console.server.url}/pipelines/default/shop/orders/${refundedOrder.orderId}`)
    await page.getByRole('heading', { name: 'Parcel' }).waitFor()
    await waitForText('Parcel Post')
    const number = page.getByRole('link', { name: 'PP123456789' })
    expect(await number.getAttribute('href')).toBe('https://track.example.com/PP123456789')
    expect(await page.locator('.timeline').innerText()).toContain('ParcelStatusChanged')
    expect(await page.getByRole('heading', { name: 'Stock of its lines' }).count()).toBe(0)
  })

  it('sees no channels of a customer without the right to payloads, and says why', async () => {
    await page.goto(`${console.server.url}/pipelines/default/shop/orders/${recordedOrder.orderId}`)
    await page.getByRole('heading', { name: `Channels of ${recordedOrder.customerId}` }).waitFor()
    await waitForText(/Not shown: Only a console that acts shows messages/)
    expect(await page.locator('main').innerText()).not.toContain('number not confirmed')
  })

  it('sees the stock with a token of the staff, low first, and finds a product', async () => {
    await page.goto(`${console.server.url}/pipelines/default/shop/stock`)
    await waitForText(/look with a token of its issuer/)
    await page.getByText("Look as the shop's staff").click()
    await page.getByLabel(/Token of the gateway's issuer/).fill('e30.e30.c2ln')
    await page.getByRole('button', { name: 'Use' }).click()
    await waitForText('52 products, 6 low or sold out, these first')
    const rows = page.locator('main li')
    expect(await rows.first().innerText()).toMatch(/SKU-0011[^]*low[^]*4 pieces/)
    expect(await rows.nth(5).innerText()).toMatch(/SKU-0066[^]*sold out[^]*0 pieces/)
    expect(await rows.nth(6).innerText()).toMatch(/SKU-0001[^]*in stock/)
    await page.getByRole('button', { name: 'More' }).click()
    await waitForText('70 products, 6 low or sold out, these first')
    await page.getByLabel('SKU, or how it begins').fill('sku-006')
    await page.getByRole('button', { name: 'Find' }).click()
    await waitForText('10 products, 1 low or sold out, these first')
    expect(new URL(page.url()).search).toBe('?sku=SKU-006')
    expect(await violationsOn(page)).toEqual([])
    await page.goto(`${console.server.url}/pipelines/default/shop/orders/${recordedOrder.orderId}`)
    await page.getByRole('heading', { name: 'Stock of its lines' }).waitFor()
    await waitForText(/2 × SKU-0001[^]*in stock[^]*100 pieces/)
    expect(await violationsOn(page)).toEqual([])
    await page.getByRole('button', { name: 'Forget the token' }).click()
  })

  it('sees a message for a missing order, and for an invalid id', async () => {
    await page.goto(`${console.server.url}/pipelines/default/shop/orders/01936d5e-0000-7c3d-8e4f-5a6b7c8d9e0f`)
    await waitForText(/There is no order 01936d5e-0000/)
    await page.getByLabel('Order id or customer').fill('a b')
    await page.getByRole('button', { name: 'Find' }).click()
    await waitForText(/Customer: found "a b"; allowed:/)
    // The browser itself notes each answer that is an error.
    complaints = complaints.filter((text) => !/the server responded with a status of 40[04]/.test(text))
  })

  it('sees the dead letters with one click, and copies the command that replays them', async () => {
    await start()
    await page.getByRole('link', { name: 'Dead letters' }).click()
    await waitForText(/20 messages of 2 causes wait for a decision/)
    await page.getByRole('button', { name: 'Copy the command that replays ProviderFault of payment' }).click()
    const copied = await page.evaluate<string>('navigator.clipboard.readText()')
    expect(copied).toBe('orderpipeline dlq replay shop payment --reason ProviderFault -n default')
  })

  it('looks for dead letters by stage, cause, state and text, and has a link to what was found', async () => {
    await page.goto(`${console.server.url}/pipelines/default/shop/dead-letters`)
    await page.getByRole('combobox', { name: 'Stage' }).selectOption('orders')
    await waitForText(/3 messages of 1 cause wait/)
    await page.getByRole('searchbox', { name: 'Text' }).fill('Undecodable')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\?stage=orders&text=Undecodable$/)
    const colleague = await openPage()
    await colleague.goto(page.url())
    await colleague.getByText(/3 messages of 1 cause wait/).waitFor()
    expect(await colleague.getByRole('searchbox', { name: 'Text' }).inputValue()).toBe('Undecodable')
    await page.getByRole('combobox', { name: 'State' }).selectOption('came back too often')
    await waitForText(/No waiting message matches/)
    await page.getByRole('link', { name: 'Show all' }).click()
    await waitForText(/20 messages of 2 causes wait/)
  })

  it('sees the effect of a burst and another maximum, and copies the change', async () => {
    await start()
    await page.getByRole('link', { name: 'What if' }).click()
    await page.getByLabel('And a burst of').fill('8000')
    await page.getByRole('combobox', { name: 'Stage' }).selectOption('payment')
    await page.getByLabel('With a maximum of').fill('200')
    await page.getByRole('button', { name: 'Dry run' }).click()
    await waitForText(/As it is: .*orders are done after 3m30s/)
    await waitForText(/With up to 200 of payment: .*orders are done after 2m00s/)
    expect(new URL(page.url()).search).toContain('burst=8000&stage=payment&max=200')
    await page.getByRole('img', { name: /dry run: payment with up to 200/ }).waitFor()
    await page.getByRole('button', { name: 'Copy the command that makes the change' }).click()
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toContain('maxReplicas: 200')
  })

  it('plays a trace in the place of a rate, and a rate again', async () => {
    await page.goto(`${console.server.url}/pipelines/default/shop/what-if`)
    await page.getByText('Or a trace, in the place of the rate').click()
    await page.getByLabel('Trace').fill('at,rate\n0,50/s\n5m,600/s')
    expect(await page.getByLabel('Orders a second').isDisabled()).toBe(true)
    await page.getByRole('button', { name: 'Dry run' }).click()
    await waitForText(/orders are done after/)
    expect(new URL(page.url()).searchParams.get('trace')).toBe('at,rate\n0,50/s\n5m,600/s')
    await page.getByLabel('Trace').fill('')
    await page.getByLabel('Orders a second').fill('4')
    await page.getByRole('button', { name: 'Dry run' }).click()
    await page.waitForURL(/rate=4&/)
  })

  it('has a link to the present view for a colleague', async () => {
    await start()
    await page.locator('svg a', { hasText: 'payment' }).click()
    await page.getByRole('link', { name: '10 min' }).click()
    await page.getByRole('button', { name: 'Copy link' }).click()
    const link = await page.evaluate<string>('navigator.clipboard.readText()')
    const colleague = await openPage()
    await colleague.goto(link)
    await colleague.getByRole('heading', { name: 'Scaling of payment' }).waitFor()
    expect(await colleague.locator('.ranges a[aria-current]').textContent()).toBe('10 min')
    expect(await colleague.title()).toBe('shop · Scaling · OrderPipeline')
  })

  it('navigates with the browser’s back and forward buttons', async () => {
    await start()
    await page.getByRole('link', { name: 'Dead letters' }).click()
    await page.getByRole('heading', { name: 'Dead letters' }).waitFor()
    await page.goBack()
    await waitForText(/is the bottleneck/)
  })

  it('needs no mouse: tab, enter, and arrow keys on the chart', async () => {
    await start()
    await page.locator('svg a', { hasText: 'payment' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Scaling of payment' }).waitFor()
    await page.getByRole('img', { name: /Lag and replicas of payment/ }).focus()
    const latest = await page.locator('.readout').textContent()
    for (let press = 0; press < 3; press += 1) await page.keyboard.press('PageDown')
    for (let press = 0; press < 12; press += 1) await page.keyboard.press('ArrowLeft')
    await page.getByRole('status').filter({ hasText: 'wanted' }).waitFor()
    expect(await page.locator('.readout').textContent()).not.toBe(latest)
  })
})

describe('an open page', () => {
  it('shows a change in the cluster without a reload, and reports old figures', async () => {
    await start()
    await waitForText(/is the bottleneck/)
    const figure = page.locator('svg a.by-backlog .figure')
    const before = await figure.textContent()
    console.source.at += 10_000
    await console.observer.step()
    await expect.poll(() => figure.textContent(), { timeout: patienceMs }).not.toBe(before)
    const look = console.source.look.bind(console.source)
    console.source.look = () => Promise.reject(new Error('The API server does not answer: ECONNREFUSED'))
    await console.observer.step()
    await page.getByRole('alert').filter({ hasText: 'These figures are old. The API server does not answer' }).waitFor()
    await waitForText(/is the bottleneck/)
    console.source.look = look
    await console.observer.step()
    await page.getByText('These figures are old').waitFor({ state: 'detached' })
  })
})

const views = {
  pipeline: '',
  scaling: '/scaling/payment',
  'scaling of the gateway': '/scaling/gateway?minutes=120',
  orders: `/orders/${recordedOrder.orderId}`,
  'a shipped order': `/orders/${refundedOrder.orderId}`,
  stock: '/stock',
  'orders of a customer': `/orders?customer=${recordedOrder.customerId}`,
  'dead letters': '/dead-letters',
  'dead letters of a search': '/dead-letters?stage=payment&state=waiting&text=503',
  'a dry run': '/what-if?rate=50&minutes=10&burst=8000&stage=payment&max=200',
  'a trace': `/what-if?${new URLSearchParams({ trace: 'at,rate\n0,50/s\n5m,600/s', burst: '0', stage: 'payment' }).toString()}`,
  'no such stage': '/scaling/none',
  'no such page': '/nothing',
}
const looks = [
  { colorScheme: 'light', viewport: { width: 1_366, height: 900 } },
  { colorScheme: 'dark', viewport: { width: 1_366, height: 900 } },
  { colorScheme: 'light', viewport: { width: 360, height: 740 } },
  { colorScheme: 'dark', viewport: { width: 3_840, height: 2_160 } },
  { forcedColors: 'active', viewport: { width: 1_366, height: 900 } },
] as const

describe('every view', () => {
  for (const look of looks) {
    const name = `${'forcedColors' in look ? 'forced colours' : look.colorScheme}, ${look.viewport.width} pixels`
    it(`has no finding of axe, and no element wider than the window: ${name}`, async () => {
      await context.close()
      context = await browser.newContext({ ...look, reducedMotion: 'reduce' })
      page = await openPage()
      for (const [view, path] of Object.entries(views)) {
        await page.goto(`${console.server.url}/pipelines/default/shop${path}`)
        await settled(page)
        expect(await violationsOn(page), view).toEqual([])
        const wide = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
        expect(await page.evaluate(wide), `${view}: pixels too wide`).toBe(0)
      }
    })
  }
})

describe('the size of the page', () => {
  it('is at most 60 kB of JavaScript and 12 kB of CSS, gzipped, without files of other hosts', async () => {
    const { script, style } = await pageFiles()
    expect(gzipSync(script).length).toBeLessThan(60_000)
    expect(gzipSync(style).length).toBeLessThan(12_000)
    const requestedOrigins: string[] = []
    page.on('request', (request) => requestedOrigins.push(new URL(request.url()).origin))
    await start()
    await waitForText(/is the bottleneck/)
    expect([...new Set(requestedOrigins)]).toEqual([console.server.url])
  })
})
