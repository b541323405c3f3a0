// Does the console show an order, its customer and the stock of its lines as they are, in a real
// browser?
import { CommandError } from '@orderpipeline/client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { violationsOn } from '../src/testing/browser.ts'
import { recordedOrder, refundedOrder } from '../src/testing/recorded-shop.ts'
import { OpenConsole } from './open-console.ts'

let on: OpenConsole
beforeAll(async () => {
  on = await OpenConsole.start()
}, 600_000)
beforeEach(() => on.newUser())
afterEach(() => on.leave())
afterAll(() => on.close())

describe('a user who looks for an order', () => {
  it('finds an order with two clicks, and the stage that it waits for', async () => {
    await on.start()
    await on.page.getByRole('link', { name: 'Orders', exact: true }).click()
    await on.page.getByLabel('Order id or customer').fill(` ${recordedOrder.orderId} `)
    await on.page.getByRole('button', { name: 'Find' }).click()
    await on.page.getByText(/Waits for payment, behind at most [\d,]+ messages \(/).waitFor()
    expect(await on.page.locator('.timeline li').count()).toBe(3)
    expect(await on.page.locator('.facts').textContent()).toContain('€49.97')
    expect(await on.page.getByRole('term').filter({ hasText: 'Class' }).count()).toBe(0)
    const trace = on.page.getByRole('link', { name: '4bf92f3577b34da6a3ce929d0e0e4736' })
    expect(await trace.getAttribute('href')).toBe('https://jaeger.example.com/trace/4bf92f3577b34da6a3ce929d0e0e4736')
  })

  it('sees an order by itself once a busy gateway answers again', async () => {
    const order = on.console.source.order.bind(on.console.source)
    let busyAnswers = 1
    on.console.source.order = (...query) => {
      if (busyAnswers-- > 0) return Promise.reject(new CommandError('The gateway does not answer.'))
      on.console.source.order = order
      return order(...query)
    }
    await on.page.goto(`${on.console.server.url}/pipelines/default/shop/orders/${recordedOrder.orderId}`)
    await on.waitForText('The gateway does not answer.')
    await on.page.getByText(/Waits for payment/).waitFor()
    on.complaints = on.complaints.filter((text) => !/the server responded with a status of 502/.test(text))
  })

  it('finds an order among those of its customer, and older ones', async () => {
    await on.page.goto(`${on.console.server.url}/pipelines/default/shop/orders`)
    await on.page.getByLabel('Order id or customer').fill(recordedOrder.customerId)
    await on.page.getByRole('button', { name: 'Find' }).click()
    await on.page.getByRole('heading', { name: `Orders of ${recordedOrder.customerId}` }).waitFor()
    await on.waitForText('20 orders, newest first')
    await on.page.getByRole('button', { name: 'Older ones' }).click()
    await on.waitForText('25 orders, newest first')
    expect(new URL(on.page.url()).search).toBe(`?customer=${recordedOrder.customerId}`)
    await on.page.getByRole('link', { name: recordedOrder.orderId }).click()
    await on.page.getByText(/Waits for payment/).waitFor()
  })

  it('sees the class of an order that is not standard', async () => {
    await on.page.goto(`${on.console.server.url}/pipelines/default/shop/orders/${refundedOrder.orderId}`)
    await on.page.getByRole('term').filter({ hasText: 'Class' }).waitFor()
    expect(await on.page.locator('.facts').textContent()).toContain('Classhigh')
  })

  it('sees the refunds and disputes of an order', async () => {
    await on.page.goto(`${on.console.server.url}/pipelines/default/shop/orders/${refundedOrder.orderId}`)
    await on.waitForText('€10.00 of €49.97 refunded in parts, €39.97 disputed.')
    expect(await on.page.locator('.money').first().locator('li').allTextContents()).toEqual([
      ...['Refund of €10.00REFUNDED1 × SKU-0001sent back', 'Refund of €5.00REFUSED: DISPUTEDarrived late'],
      'Dispute of €39.97LOSTfraudulent',
    ])
  })

  it('sees the parcel of an order, and follows it to its carrier', async () => {
    await on.page.goto(`${on.console.server.url}/pipelines/default/shop/orders/${refundedOrder.orderId}`)
    await on.page.getByRole('heading', { name: 'Parcel' }).waitFor()
    await on.waitForText('Parcel Post')
    const number = on.page.getByRole('link', { name: 'PP123456789' })
    expect(await number.getAttribute('href')).toBe('https://track.example.com/PP123456789')
    expect(await on.page.locator('.timeline').innerText()).toContain('ParcelStatusChanged')
    expect(await on.page.getByRole('heading', { name: 'Stock of its lines' }).count()).toBe(0)
  })

  it('sees no channels of a customer without the right to payloads, and says why', async () => {
    await on.page.goto(`${on.console.server.url}/pipelines/default/shop/orders/${recordedOrder.orderId}`)
    await on.page.getByRole('heading', { name: `Channels of ${recordedOrder.customerId}` }).waitFor()
    await on.waitForText(/Not shown: Only a console that acts shows messages/)
    expect(await on.page.locator('main').innerText()).not.toContain('number not confirmed')
  })

  it('sees the stock with a token of the staff, low first, and finds a product', async () => {
    await on.page.goto(`${on.console.server.url}/pipelines/default/shop/stock`)
    await on.waitForText(/look with a token of its issuer/)
    await on.page.getByText("Look as the shop's staff").click()
    await on.page.getByLabel(/Token of the gateway's issuer/).fill('e30.e30.c2ln')
    await on.page.getByRole('button', { name: 'Use' }).click()
    await on.waitForText('52 products, 6 low or sold out, these first')
    const rows = on.page.locator('main li')
    expect(await rows.first().innerText()).toMatch(/SKU-0011[^]*low[^]*4 pieces/)
    expect(await rows.nth(5).innerText()).toMatch(/SKU-0066[^]*sold out[^]*0 pieces/)
    expect(await rows.nth(6).innerText()).toMatch(/SKU-0001[^]*in stock/)
    await on.page.getByRole('button', { name: 'More' }).click()
    await on.waitForText('70 products, 6 low or sold out, these first')
    await on.page.getByLabel('SKU, or how it begins').fill('sku-006')
    await on.page.getByRole('button', { name: 'Find' }).click()
    await on.waitForText('10 products, 1 low or sold out, these first')
    expect(new URL(on.page.url()).search).toBe('?sku=SKU-006')
    expect(await violationsOn(on.page)).toEqual([])
    await on.page.goto(`${on.console.server.url}/pipelines/default/shop/orders/${recordedOrder.orderId}`)
    await on.page.getByRole('heading', { name: 'Stock of its lines' }).waitFor()
    await on.waitForText(/2 × SKU-0001[^]*in stock[^]*100 pieces/)
    expect(await violationsOn(on.page)).toEqual([])
    await on.page.getByRole('button', { name: 'Forget the token' }).click()
  })

  it('sees a message for a missing order, and for an invalid id', async () => {
    await on.page.goto(`${on.console.server.url}/pipelines/default/shop/orders/01936d5e-0000-7c3d-8e4f-5a6b7c8d9e0f`)
    await on.waitForText(/There is no order 01936d5e-0000/)
    await on.page.getByLabel('Order id or customer').fill('a b')
    await on.page.getByRole('button', { name: 'Find' }).click()
    await on.waitForText(/Customer: found "a b"; allowed:/)
    // The browser itself notes each answer that is an error.
    on.complaints = on.complaints.filter((text) => !/the server responded with a status of 40[04]/.test(text))
  })
})
