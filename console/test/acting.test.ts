// Can only an authorized person act in a real browser? Each action is requested, confirmed, done
// and recorded; without the key or the right the page says why not.
import { mkdirSync } from 'node:fs'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { settled, startBrowser, violationsOn, watchedPage } from '../src/testing/browser.ts'
import { recordedActions } from '../src/testing/recorded-actions.ts'
import type { RecordedActions } from '../src/testing/recorded-actions.ts'
import { recordedConsole } from '../src/testing/recorded-console.ts'
import type { RecordedConsole } from '../src/testing/recorded-console.ts'
import { recordedHeldOrder, recordedOrder } from '../src/testing/recorded-shop.ts'

let browser: Browser
let console: RecordedConsole
let actions: RecordedActions
let context: BrowserContext
let page: Page
let complaints: string[]

beforeAll(async () => {
  browser = await startBrowser()
}, 600_000)
afterAll(() => browser.close())
beforeEach(async () => {
  actions = recordedActions()
  console = await recordedConsole({ actions, lookedMs: 60_000 })
  context = await browser.newContext()
  complaints = []
  page = await watchedPage(context, complaints)
})
afterEach(async () => {
  await context.close()
  await console.close()
  expect(complaints).toEqual([])
  expect(console.said).toEqual([])
})

const shop = '/pipelines/default/shop'
/** With the key, as from the terminal. */
async function openView(view = ''): Promise<void> {
  await page.goto(console.server.address)
  await settled(page)
  await page.goto(`${console.server.url}${shop}${view}`)
  await settled(page)
}
function button(name: string) {
  return page.getByRole('button', { name, exact: true })
}
function waitForText(text: string | RegExp) {
  return page.getByText(text).first().waitFor()
}

describe('a user with the key', () => {
  it('sees the channels that a customer has agreed to, at an order and at their list', async () => {
    for (const path of [`/orders/${recordedOrder.orderId}`, `/orders?customer=${recordedOrder.customerId}`]) {
      await openView(path)
      await page.getByRole('heading', { name: `Channels of ${recordedOrder.customerId}` }).waitFor()
      await waitForText(/number not confirmed: no SMS/)
      const lines = await page.locator('.money').last().innerText()
      expect(lines).toMatch(/Mail[^]*orders, marketing since[^]*SMS[^]*orders since[^]*Push[^]*nothing[^]*1 browser/)
      await waitForText('Quiet from 20:00 to 09:00. Time zone Europe/Berlin.')
      expect(await violationsOn(page)).toEqual([])
    }
  })

  it('replays the dead letters of one cause at a rate, sees the progress, and then no such dead letters', async () => {
    await openView('/dead-letters')
    await button('Replay … ProviderFault of payment').click()
    const dialog = page.getByRole('dialog', { name: 'Replay ProviderFault of payment?' })
    await dialog.getByText('17 messages would be played again, for payment alone').waitFor()
    expect(await violationsOn(page)).toEqual([])
    await dialog.getByLabel('Messages a second').fill('1000')
    await dialog.getByRole('button', { name: 'Replay 17 letters' }).click()
    await waitForText('17 of 17 messages')
    await waitForText(/3 messages of 1 cause wait/)
    await page
      .getByRole('region', { name: 'What was done' })
      .getByText(/replayed 17 dead letters of payment/)
      .waitFor()
    expect(actions.events).toEqual([
      { reason: 'DeadLettersReplayed', note: 'ada@desk replayed 17 dead letters of payment (ProviderFault)' },
    ])
  })

  it('stops a slow replay, and the remaining dead letters are still open', async () => {
    await openView('/dead-letters')
    await button('Replay … ProviderFault of payment').click()
    await page.getByLabel('Messages a second').fill('1')
    await button('Replay 17 letters').click()
    await button('Stop the replay of ProviderFault of payment').click()
    await page.locator('.replays .state', { hasText: 'stopped' }).waitFor()
    const waiting = actions.letters().filter(({ state, stage }) => state === 'open' && stage === 'payment').length
    expect(waiting).toBeGreaterThan(0)
    await waitForText(`${waiting + 3} messages of 2 causes wait`)
    expect(actions.events[0]?.note).toMatch(/replayed \d+ dead letters? of payment \(ProviderFault\) of 17 meant$/)
  })

  it('sees before a replay which dead letters it omits and why, and discards them instead', async () => {
    await openView('/dead-letters')
    await button('Replay … UndecodableEvent of orders').click()
    await waitForText(/3 letters left: a retry cannot succeed \(UndecodableEvent\)/)
    expect(await button('Replay').isDisabled()).toBe(true)
    await page.keyboard.press('Escape')
    await button('Discard … UndecodableEvent of orders').click()
    await button('Discard 3 letters').click()
    await waitForText('Discarded 3 dead letters of orders (UndecodableEvent).')
    await waitForText(/17 messages of 1 cause wait/)
    expect(actions.letters().filter(({ state }) => state === 'discarded')).toHaveLength(3)
    expect(actions.events.map(({ reason }) => reason)).toEqual(['DeadLettersDiscarded'])
  })

  it('suspends the pipeline after a dialog with the consequences', async () => {
    await openView()
    await button('Suspend …').click()
    await waitForText('The gateway stops first and accepts no more orders.')
    expect(await violationsOn(page)).toEqual([])
    await button('Suspend').click()
    await waitForText('Suspended shop.')
    expect(actions.suspended).toEqual([true])
  })

  it('cancels an order', async () => {
    await openView(`/orders/${recordedOrder.orderId}`)
    await button('Cancel this order …').click()
    await button('Cancel the order').click()
    await waitForText(`Cancelled order ${recordedOrder.orderId}.`)
    expect(actions.cancelled).toEqual([recordedOrder.orderId])
  })

  it('decides about a held order as staff, with a reason, and only with their token', async () => {
    await openView(`/orders/${recordedHeldOrder.orderId}`)
    const release = button('Release this order …')
    await release.waitFor()
    expect(await release.getAttribute('aria-disabled')).toBe('true')
    await waitForText('It takes a token of the staff, below the look-up.')
    await page.getByText("Look as the shop's staff").click()
    await page.getByLabel(/^Token of the gateway/).fill('Bearer head.claims.signature')
    await button('Use').click()
    await waitForText(/\(MANY_ORDERS\)\. Unless a person decides before, it is cancelled on/)
    await waitForText(/kim looked 3 times/)
    expect(await violationsOn(page)).toEqual([])
    await release.click()
    const confirm = button('Release the order')
    expect(await confirm.isDisabled()).toBe(true)
    await page.getByLabel("Reason, for the order's history").fill(' asked by telephone ')
    await confirm.click()
    await waitForText(`Released held order ${recordedHeldOrder.orderId}.`)
    expect(actions.decided).toEqual([
      { decision: 'release', reason: 'asked by telephone', staffToken: 'head.claims.signature' },
    ])
    expect(actions.events).toEqual([
      { reason: 'HoldDecided', note: `ada@desk released held order ${recordedHeldOrder.orderId}` },
    ])
    await button('Forget the token').click()
    await waitForText('It takes a token of the staff, below the look-up.')
  })

  it('tries failures on a pipeline of this machine', async () => {
    await openView('/try')
    await button('Place an order').click()
    await waitForText('The order was taken:')
    await page.getByLabel('Burst of').fill('250')
    await button('Place them').click()
    await waitForText('250 orders were taken')
    await button('Slow: 3 s').click()
    await page.locator('button[aria-pressed="true"]', { hasText: 'Slow' }).waitFor()
    await page.getByRole('combobox', { name: 'Of' }).selectOption('payment')
    await button('Kill a replica').click()
    await waitForText('shop-payment-0 was killed.')
    expect(actions.killed).toEqual(['payment'])
    await page.getByRole('combobox', { name: 'For' }).selectOption('orders')
    await button('Send a poison message').click()
    await waitForText('A message that is not JSON is in shop.orders.placed; orders will make a dead letter of it')
    expect(await violationsOn(page)).toEqual([])
  })

  it('sees the missing right and its user next to the action', async () => {
    actions.refused.discard = 'Your user may not delete orderpipelines/deadletters in namespace default.'
    await openView('/dead-letters')
    const discard = button('Discard … ProviderFault of payment')
    await discard.waitFor()
    expect(await discard.getAttribute('aria-disabled')).toBe('true')
    await waitForText('Your user may not delete orderpipelines/deadletters in namespace default.')
    await discard.click({ force: true })
    expect(await page.getByRole('dialog').count()).toBe(0)
    expect(await violationsOn(page)).toEqual([])
  })
})

describe('the key', () => {
  it('is removed from the address, so that a copied link does not contain it', async () => {
    await page.goto(console.server.address)
    await settled(page)
    expect(console.server.address).toMatch(/#key=.{20,}/)
    expect(page.url()).not.toContain('key')
  })

  it('is required: without it the page only reads, and says so', async () => {
    await page.goto(`${console.server.url}${shop}/dead-letters`)
    await waitForText(/20 messages of 2 causes wait/)
    await waitForText(/The key of this console is needed/)
    await button('Replay … ProviderFault of payment').click({ force: true })
    expect(await page.getByRole('dialog').count()).toBe(0)
  })
})

it('every view that acts fits a telephone and a large screen, in light, dark and forced colours', async () => {
  const looks = [
    { colorScheme: 'light', viewport: { width: 360, height: 740 } },
    { colorScheme: 'dark', viewport: { width: 1_366, height: 900 } },
    { forcedColors: 'active', viewport: { width: 3_840, height: 2_160 } },
  ] as const
  const shots = process.env['CONSOLE_SHOTS']
  if (shots !== undefined) mkdirSync(shots, { recursive: true })
  for (const look of looks) {
    await context.close()
    context = await browser.newContext({ ...look, reducedMotion: 'reduce' })
    page = await context.newPage()
    for (const view of ['', '/dead-letters', '/try', `/orders/${recordedOrder.orderId}`]) {
      await openView(view)
      await page.locator('.actions button').first().waitFor()
      if (shots !== undefined)
        await page.screenshot({ path: `${shots}/${look.viewport.width}${view.replaceAll('/', '-').slice(0, 14)}.png` })
      expect(await violationsOn(page), view).toEqual([])
      const wide = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
      expect(await page.evaluate(wide), `${view}: pixels too wide`).toBe(0)
    }
  }
})
