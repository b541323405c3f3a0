// Can a person who uses no mouse replay and edit dead letters? In a real browser, by the keys
// alone: every element in its order, dialogs that keep the focus, and the focus back afterwards.
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { settled, startBrowser, watchedPage } from '../src/testing/browser.ts'
import { recordedActions } from '../src/testing/recorded-actions.ts'
import type { RecordedActions } from '../src/testing/recorded-actions.ts'
import { recordedConsole } from '../src/testing/recorded-console.ts'
import type { RecordedConsole } from '../src/testing/recorded-console.ts'

const patienceMs = 60_000
/** More than the view has elements. */
const mostPresses = 80

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
  // The browser itself notes each answer that refuses.
  page = await watchedPage(context, complaints, /^Failed to load resource/)
  await page.goto(console.server.address)
  await settled(page)
  await page.goto(`${console.server.url}/pipelines/default/shop/dead-letters`)
  await settled(page)
  await page.getByText(/20 messages of 2 causes wait/).waitFor()
})
afterEach(async () => {
  await context.close()
  await console.close()
  expect(complaints).toEqual([])
  expect(console.said).toEqual([])
})

/** What a screen reader would say of the element with the focus, in short. */
function focused(): Promise<string> {
  return page.evaluate<string>(`(() => {
    const element = document.activeElement
    const label = element.getAttribute('aria-label') ?? element.labels?.[0]?.firstChild?.textContent ?? element.textContent
    return element === document.body ? '' : (label ?? '').trim()
  })()`)
}

/** Presses Tab until the element of that name has the focus; the names on the way. */
async function tabTo(name: string, key = 'Tab'): Promise<readonly string[]> {
  const names: string[] = []
  for (let press = 0; press < mostPresses; press += 1) {
    await page.keyboard.press(key)
    names.push(await focused())
    if (names.at(-1) === name) return names
  }
  throw new Error(`${key} does not lead to ${name}, only to ${names.join(' | ')}`)
}

/** The focus stays in the dialog, however often it is moved; the browser's own bar counts as it. */
async function expectTrap(): Promise<void> {
  const isInside = `(() => {
    const dialog = document.querySelector('dialog[open]')
    return dialog.contains(document.activeElement) || document.activeElement === document.body
  })()`
  for (const key of ['Tab', 'Tab', 'Tab', 'Tab', 'Tab', 'Shift+Tab', 'Shift+Tab', 'Shift+Tab']) {
    await page.keyboard.press(key)
    expect(await page.evaluate<boolean>(isInside), key).toBe(true)
  }
}

const replay = 'Replay … ProviderFault of payment'

it('the actions on each cause are in the order in which they are read', async () => {
  const names = await tabTo(replay)
  const about = (name: string) => names.indexOf(name)
  expect(about('Stage')).toBeLessThan(about('Look into them ProviderFault of payment'))
  expect(about('Look into them ProviderFault of payment')).toBe(about(replay) - 1)
  expect((await tabTo('Discard … ProviderFault of payment')).length).toBe(1)
})

it('a replay is left by Escape and Back, which return to its button, and confirmed by Enter', async () => {
  await tabTo(replay)
  const dialog = page.getByRole('dialog', { name: 'Replay ProviderFault of payment?' })
  for (const isByEscape of [true, false]) {
    await page.keyboard.press('Enter')
    await dialog.getByText('17 messages would be played again').waitFor()
    await expectTrap()
    if (!isByEscape) await tabTo('Back')
    await page.keyboard.press(isByEscape ? 'Escape' : 'Enter')
    await page.locator('dialog').waitFor({ state: 'detached' })
    expect(await focused()).toBe(replay)
  }
  expect(actions.letters().every(({ state }) => state === 'open')).toBe(true)
  await page.keyboard.press('Enter')
  await dialog.getByText('17 messages would be played again').waitFor()
  await tabTo('Messages a second')
  await page.keyboard.press('Control+a')
  await page.keyboard.type('1000')
  expect(await tabTo('Replay 17 letters')).toEqual(['Back', 'Replay 17 letters'])
  await page.keyboard.press('Enter')
  await page.getByText('17 of 17 messages').waitFor()
  // The button went with its dead letters: the focus is on what is said of the others.
  await page.getByText(/3 messages of 1 cause wait/).waitFor()
  await expect.poll(focused, { timeout: patienceMs }).toMatch(/^3 messages of 1 cause wait/)
  expect(await tabTo('Look into them UndecodableEvent of orders')).not.toContain('Stage')
})

it('a message is looked into, edited and refused, and the focus returns to the button that edits it', async () => {
  await tabTo('Look into them ProviderFault of payment')
  await page.keyboard.press('Enter')
  await expect.poll(focused, { timeout: patienceMs }).toMatch(/^The newest 10 of 17/)
  await page.keyboard.press('Tab')
  const message = await focused()
  expect(message).toMatch(/^Message of payment\/\d+\/\d+$/)
  const edit = message.replace('Message of', 'Edit and replay …')
  expect(await tabTo(edit)).toEqual([edit])
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: /^Edit and replay payment/ })
  await dialog.waitFor()
  expect(await page.evaluate<string>('document.activeElement.tagName')).toBe('TEXTAREA')
  await expectTrap()
  await dialog.getByRole('textbox').focus()
  await page.keyboard.press('Control+a')
  await page.keyboard.type('{"edited":true}')
  await tabTo('Replay the edited message')
  await page.keyboard.press('Enter')
  await dialog.getByRole('alert').getByText('payment cannot read the edited message').waitFor()
  await page.keyboard.press('Escape')
  await page.locator('dialog').waitFor({ state: 'detached' })
  expect(await focused()).toBe(edit)
  expect(actions.events).toEqual([])
})
