// Does a person in a real browser see and do what they may in a cluster's console? They sign in,
// see why something is greyed out or masked, and are signed out where their token ends.
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { startBrowser, violationsOn, watchedPage } from '../src/testing/browser.ts'
import { recordedCluster } from '../src/testing/recorded-cluster.ts'
import type { RecordedCluster, RecordedPerson } from '../src/testing/recorded-cluster.ts'

const viewing = ['list orderpipelines', 'get orderpipelines', 'get orderpipelines/deadletters']
const editing = [
  ...viewing,
  ...['create orderpipelines/deadletters', 'delete orderpipelines/deadletters', 'get orderpipelines/payloads'],
]

let browser: Browser
let cluster: RecordedCluster
let context: BrowserContext
let page: Page
let complaints: string[]
let persons: Map<string, RecordedPerson>

beforeAll(async () => {
  browser = await startBrowser()
}, 600_000)
afterAll(() => browser.close())
beforeEach(async () => {
  persons = new Map([
    ['token-of-vera', { name: 'vera', may: viewing }],
    ['token-of-ed', { name: 'ed', may: editing }],
    ['token-of-noa', { name: 'noa', may: [] }],
  ])
  cluster = await recordedCluster(persons)
  context = await browser.newContext()
  complaints = []
  // The browser itself notes each answer that refuses.
  page = await watchedPage(context, complaints, /^Failed to load resource/)
})
afterEach(async () => {
  await context.close()
  await cluster.close()
  expect(complaints).toEqual([])
  expect(cluster.said).toEqual([])
})

function button(name: string) {
  return page.getByRole('button', { name, exact: true })
}
function waitForText(text: string | RegExp) {
  return page.getByText(text).first().waitFor()
}
async function signIn(token: string, view = '/pipelines/default/shop/dead-letters'): Promise<void> {
  await page.goto(`${cluster.url}${view}`)
  await page.getByLabel('Token').fill(token)
  await button('Sign in').click()
}

it('a person signs in with a token, which no script and no address has then', async () => {
  await page.goto(`${cluster.url}/pipelines/default/shop/dead-letters`)
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  expect(await violationsOn(page)).toEqual([])
  await signIn('a wrong one')
  await waitForText('The API server does not accept this token.')
  await signIn('token-of-vera')
  await waitForText('Signed in as vera.')
  await waitForText(/20 messages of 2 causes wait/)
  const storedText = await page.evaluate<string>('JSON.stringify(localStorage) + document.cookie + location.href')
  expect(storedText).not.toContain('token-of-vera')
  await page.reload()
  await waitForText('Signed in as vera.')
})

it('a person who may view sees why they may not act, and that messages are masked', async () => {
  await signIn('token-of-vera')
  await waitForText('Your user may not create orderpipelines/deadletters in namespace default.')
  expect(await button('Replay … ProviderFault of payment').getAttribute('aria-disabled')).toBe('true')
  await button('Look into them ProviderFault of payment').click()
  await waitForText('Their messages are masked: Your user may not get orderpipelines/payloads in namespace default.')
  expect(await page.locator('.payload').first().textContent()).toBe('••••••••')
  expect(await violationsOn(page)).toEqual([])
})

it('a person who may edit reads a message, edits it, and replays it under their name', async () => {
  await signIn('token-of-ed')
  await button('Look into them ProviderFault of payment').click()
  const edit = page.getByRole('button', { name: /^Edit and replay …/ }).first()
  await edit.waitFor()
  expect(await page.locator('.payload').first().textContent()).toContain('"subject"')
  await edit.click()
  const dialog = page.getByRole('dialog')
  const replay = dialog.getByRole('button', { name: 'Replay the edited message' })
  expect(await replay.isDisabled()).toBe(true)
  await dialog.getByLabel('Message').fill('{"not":"an event"}')
  await replay.click()
  await waitForText(/payment cannot read the edited message/)
  expect(await violationsOn(page)).toEqual([])
  expect(cluster.actions.events).toEqual([])
})

it('a person without any right reads that, and signs out', async () => {
  await signIn('token-of-noa')
  await waitForText('Your user may not list orderpipelines in any namespace that this console shows: default.')
  await button('Sign out').click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
})

it('the token of the staff is forgotten when a person signs in or out', async () => {
  const keepStaffToken = () => page.evaluate(`sessionStorage.setItem('orderpipeline-staff-token', 'of.the.staff')`)
  const keptItems = () => page.evaluate<number>('sessionStorage.length')
  await page.goto(cluster.url)
  await keepStaffToken()
  await signIn('token-of-vera')
  await waitForText('Signed in as vera.')
  expect(await keptItems()).toBe(0)
  await keepStaffToken()
  await button('Sign out').click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  expect(await keptItems()).toBe(0)
})

it('a person whose token ends is signed out in the open page', async () => {
  await signIn('token-of-vera')
  await waitForText('Signed in as vera.')
  persons.delete('token-of-vera')
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  expect(await page.getByText(/messages of 2 causes wait/).count()).toBe(0)
})
