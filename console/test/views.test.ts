// Does the console answer what people ask it, in a real browser? Each question in at most three
// clicks from the start; every view without a complaint of axe, in light, dark and forced colours,
// from a telephone to 4k. orders-view.test.ts has what it shows of orders and stock.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { settled, violationsOn } from '../src/testing/browser.ts'
import { recordedOrder, refundedOrder } from '../src/testing/recorded-shop.ts'
import { OpenConsole } from './open-console.ts'

const patienceMs = 60_000
let on: OpenConsole
beforeAll(async () => {
  on = await OpenConsole.start()
}, 600_000)
beforeEach(() => on.newUser())
afterEach(() => on.leave())
afterAll(() => on.close())

describe('a user who opens the console', () => {
  it('sees the bottleneck at once, in a sentence and in the graph', async () => {
    await on.start()
    await on.waitForText(/payment is the bottleneck:/)
    await on.page.getByText(/messages wait there, about \d+m?\d*s/).waitFor()
    expect(new URL(on.page.url()).pathname).toBe('/pipelines/default/shop')
    const card = on.page.locator('svg a.by-backlog')
    expect(await card.locator('desc').textContent()).toMatch(
      /^payment, the bottleneck, [\d,]+ messages waiting, wait .*replicas ready/,
    )
  })

  it('learns why there are so many pods with one click on the stage', async () => {
    await on.start()
    await on.page.locator('svg a', { hasText: 'payment' }).click()
    await on.page.getByRole('heading', { name: 'Scaling of payment' }).waitFor()
    await on.page.getByRole('heading', { name: /^Why \d+ replicas/ }).waitFor()
    await on.waitForText(/lag [\d,]+ on shop\.inventory\.updated .*the target per replica is 60/)
    const changes = on.page.locator('.changes li')
    await changes.first().waitFor()
    const texts = await changes.allTextContents()
    expect(texts.some((text) => text.includes('85 → 100') && text.includes('Lag'))).toBe(true)
    expect(texts.some((text) => text.includes('8 → 5'))).toBe(true)
  })

  it('sees how long each backlog takes to be drained, and what has happened', async () => {
    await on.start()
    const payment = await on.page.getByRole('row', { name: /^.*payment.*bottleneck/ }).innerText()
    expect(payment).toMatch(/\d+m?\d*s|not at this rate/)
    await on.page.getByRole('columnheader', { name: 'Drained in' }).waitFor()
    const events = on.page.getByRole('region', { name: 'Events' })
    expect(await events.locator('li').count()).toBe(4)
    expect(await events.innerText()).toMatch(/Warning[^]*DeadLetters[^]*17 dead letters wait in payment/)
  })

  it('sees what is left of each error budget, how fast it is spent, and which is exhausted', async () => {
    await on.start()
    const row = (name: string) => on.page.getByRole('row', { name: new RegExp(`^${name}`) })
    const payment = await row('payment-freshness').innerText()
    expect(payment).toMatch(/burning fast[^]*99 % of the time within 1m00s[^]*99\.04 % of 12d00h/)
    expect(payment).toMatch(/62 %, 4h27m of 7h12m[^]*3\.2×, lasts 5d19h/)
    expect(await row('shipping-freshness').innerText()).toMatch(/exhausted[^]*-12 %, over by 5m08s/)
    expect(await row('notification-freshness').innerText()).toContain('not measured yet')
    await on.page.getByRole('button', { name: 'that asks Prometheus for gateway-latency' }).click()
    expect(await on.page.evaluate<string>('navigator.clipboard.readText()')).toBe(
      'orderpipeline:slo_error_budget_left:ratio{namespace="default", pipeline="shop", slo="gateway-latency"}',
    )
  })

  it('sees the dead letters with one click, and copies the command that replays them', async () => {
    await on.start()
    await on.page.getByRole('link', { name: 'Dead letters' }).click()
    await on.waitForText(/20 messages of 2 causes wait for a decision/)
    await on.page.getByRole('button', { name: 'Copy the command that replays ProviderFault of payment' }).click()
    const copied = await on.page.evaluate<string>('navigator.clipboard.readText()')
    expect(copied).toBe('orderpipeline dlq replay shop payment --reason ProviderFault -n default')
  })

  it('looks for dead letters by stage, cause, state and text, and has a link to what was found', async () => {
    await on.page.goto(`${on.console.server.url}/pipelines/default/shop/dead-letters`)
    await on.page.getByRole('combobox', { name: 'Stage' }).selectOption('orders')
    await on.waitForText(/3 messages of 1 cause wait/)
    await on.page.getByRole('searchbox', { name: 'Text' }).fill('Undecodable')
    await on.page.keyboard.press('Enter')
    await on.page.waitForURL(/\?stage=orders&text=Undecodable$/)
    const colleague = await on.openPage()
    await colleague.goto(on.page.url())
    await colleague.getByText(/3 messages of 1 cause wait/).waitFor()
    expect(await colleague.getByRole('searchbox', { name: 'Text' }).inputValue()).toBe('Undecodable')
    await on.page.getByRole('combobox', { name: 'State' }).selectOption('came back too often')
    await on.waitForText(/No waiting message matches/)
    await on.page.getByRole('link', { name: 'Show all' }).click()
    await on.waitForText(/20 messages of 2 causes wait/)
  })

  it('sees the effect of a burst and another maximum, and copies the change', async () => {
    await on.start()
    await on.page.getByRole('link', { name: 'What if' }).click()
    await on.page.getByLabel('And a burst of').fill('8000')
    await on.page.getByRole('combobox', { name: 'Stage' }).selectOption('payment')
    await on.page.getByLabel('With a maximum of').fill('200')
    await on.page.getByRole('button', { name: 'Dry run' }).click()
    await on.waitForText(/As it is: .*orders are done after 3m30s/)
    await on.waitForText(/With up to 200 of payment: .*orders are done after 2m00s/)
    expect(new URL(on.page.url()).search).toContain('burst=8000&stage=payment&max=200')
    await on.page.getByRole('img', { name: /dry run: payment with up to 200/ }).waitFor()
    await on.page.getByRole('button', { name: 'Copy the command that makes the change' }).click()
    expect(await on.page.evaluate<string>('navigator.clipboard.readText()')).toContain('maxReplicas: 200')
  })

  it('plays a trace in the place of a rate, and a rate again', async () => {
    await on.page.goto(`${on.console.server.url}/pipelines/default/shop/what-if`)
    await on.page.getByText('Or a trace, in the place of the rate').click()
    await on.page.getByLabel('Trace').fill('at,rate\n0,50/s\n5m,600/s')
    expect(await on.page.getByLabel('Orders a second').isDisabled()).toBe(true)
    await on.page.getByRole('button', { name: 'Dry run' }).click()
    await on.waitForText(/orders are done after/)
    expect(new URL(on.page.url()).searchParams.get('trace')).toBe('at,rate\n0,50/s\n5m,600/s')
    await on.page.getByLabel('Trace').fill('')
    await on.page.getByLabel('Orders a second').fill('4')
    await on.page.getByRole('button', { name: 'Dry run' }).click()
    await on.page.waitForURL(/rate=4&/)
  })

  it('has a link to the present view for a colleague', async () => {
    await on.start()
    await on.page.locator('svg a', { hasText: 'payment' }).click()
    await on.page.getByRole('link', { name: '10 min' }).click()
    await on.page.getByRole('button', { name: 'Copy link' }).click()
    const link = await on.page.evaluate<string>('navigator.clipboard.readText()')
    const colleague = await on.openPage()
    await colleague.goto(link)
    await colleague.getByRole('heading', { name: 'Scaling of payment' }).waitFor()
    expect(await colleague.locator('.ranges a[aria-current]').textContent()).toBe('10 min')
    expect(await colleague.title()).toBe('shop · Scaling · OrderPipeline')
  })

  it('navigates with the browser’s back and forward buttons', async () => {
    await on.start()
    await on.page.getByRole('link', { name: 'Dead letters' }).click()
    await on.page.getByRole('heading', { name: 'Dead letters' }).waitFor()
    await on.page.goBack()
    await on.waitForText(/is the bottleneck/)
  })

  it('needs no mouse: tab, enter, and arrow keys on the chart', async () => {
    await on.start()
    await on.page.locator('svg a', { hasText: 'payment' }).focus()
    await on.page.keyboard.press('Enter')
    await on.page.getByRole('heading', { name: 'Scaling of payment' }).waitFor()
    await on.page.getByRole('img', { name: /Lag and replicas of payment/ }).focus()
    const latest = await on.page.locator('.readout').textContent()
    for (let press = 0; press < 3; press += 1) await on.page.keyboard.press('PageDown')
    for (let press = 0; press < 12; press += 1) await on.page.keyboard.press('ArrowLeft')
    await on.page.getByRole('status').filter({ hasText: 'wanted' }).waitFor()
    expect(await on.page.locator('.readout').textContent()).not.toBe(latest)
  })
})

describe('an open page', () => {
  it('shows a change in the cluster without a reload, and reports old figures', async () => {
    await on.start()
    await on.waitForText(/is the bottleneck/)
    const figure = on.page.locator('svg a.by-backlog .figure')
    const before = await figure.textContent()
    on.console.source.at += 10_000
    await on.console.observer.step()
    await expect.poll(() => figure.textContent(), { timeout: patienceMs }).not.toBe(before)
    const look = on.console.source.look.bind(on.console.source)
    on.console.source.look = () => Promise.reject(new Error('The API server does not answer: ECONNREFUSED'))
    await on.console.observer.step()
    await on.page
      .getByRole('alert')
      .filter({ hasText: 'These figures are old. The API server does not answer' })
      .waitFor()
    await on.waitForText(/is the bottleneck/)
    on.console.source.look = look
    await on.console.observer.step()
    await on.page.getByText('These figures are old').waitFor({ state: 'detached' })
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
      await on.newUser({ ...look, reducedMotion: 'reduce' })
      for (const [view, path] of Object.entries(views)) {
        await on.page.goto(`${on.console.server.url}/pipelines/default/shop${path}`)
        await settled(on.page)
        expect(await violationsOn(on.page), view).toEqual([])
        const wide = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
        expect(await on.page.evaluate(wide), `${view}: pixels too wide`).toBe(0)
      }
    })
  }
})

it('the page loads no file of another host', async () => {
  const requestedOrigins: string[] = []
  on.page.on('request', (request) => requestedOrigins.push(new URL(request.url()).origin))
  await on.start()
  await on.waitForText(/is the bottleneck/)
  expect([...new Set(requestedOrigins)]).toEqual([on.console.server.url])
})
