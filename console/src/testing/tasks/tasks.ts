// How does a person do the six tasks of the console, from the address that `npm start` prints? On
// any shop: what a task needs it reads from the page.
import type { Browser, Page } from 'playwright-core'

export interface BottleneckAnswer {
  readonly stage: string
  readonly sentence: string
}

/** What is slow? */
export async function findBottleneck(page: Page): Promise<BottleneckAnswer> {
  const sentence = page.locator('main p.verdict').filter({ hasText: 'is the bottleneck:' })
  await sentence.waitFor()
  return { stage: await sentence.getByRole('link').innerText(), sentence: await sentence.innerText() }
}

export interface ReplicasAnswer {
  readonly stage: string
  readonly replicas: number
  /** Why that many, now. */
  readonly reasons: readonly string[]
  /** The latest change, with its reason at the time. */
  readonly lastChange: string
}

/** Why 37 pods? */
export async function whySoMany(page: Page): Promise<ReplicasAnswer> {
  const stage = await openBottleneck(page)
  const why = page.getByRole('heading', { name: /^Why \d+ replicas?/ })
  await why.waitFor()
  const changes = page.locator('.changes li')
  await changes.first().waitFor()
  return {
    stage,
    replicas: Number(/\d+/.exec(await why.innerText())?.[0]),
    reasons: await page.locator('.now .reasons li').allInnerTexts(),
    lastChange: await changes.first().innerText(),
  }
}

export interface OrderAnswer {
  readonly status: string
  /** What it waits for; empty where it waits for nothing. */
  readonly waits: string
  readonly events: readonly string[]
}

/** Where is order X? */
export async function whereIs(page: Page, order: string): Promise<OrderAnswer> {
  await page.getByRole('link', { name: 'Orders', exact: true }).click()
  await page.getByLabel('Order id or customer').click()
  await page.keyboard.type(order)
  await page.keyboard.press('Enter')
  const article = page.getByRole('article').filter({ hasText: order })
  await article.waitFor()
  const waits = article.locator('.verdict')
  return {
    status: await article.locator('.panel-head .state').innerText(),
    waits: (await waits.allInnerTexts()).join(' '),
    events: await article.locator('.timeline li strong').allInnerTexts(),
  }
}

export interface ReplayAnswer {
  /** The stage and the cause, and an error of one of its messages. */
  readonly cause: string
  readonly message: string
  readonly replayed: number
}

/** Replay the messages of one cause. */
export async function replayOneCause(page: Page): Promise<ReplayAnswer> {
  await page.getByRole('link', { name: 'Dead letters' }).click()
  const group = page.locator('.groups li').first()
  await group.waitFor()
  const cause = await group.getByRole('heading').innerText()
  const message = await group.locator('.message').innerText()
  await group.getByRole('button', { name: /^Replay … / }).click()
  const confirm = page.getByRole('dialog').getByRole('button', { name: /^Replay [\d,]+ letters?$/ })
  await confirm.waitFor()
  const replayed = Number((await confirm.innerText()).replace(/\D/g, ''))
  await confirm.click()
  await page.getByText(`${replayed} of ${replayed.toLocaleString('en-US')} message`).waitFor()
  return { cause, message, replayed }
}

/** Is it getting better? Waits until the page says that it is. */
export async function seeItGetBetter(page: Page): Promise<string> {
  const sentence = page.locator('main p.verdict').filter({ hasText: 'The backlog is shrinking.' })
  await sentence.waitFor()
  return sentence.innerText()
}

export interface LinkAnswer {
  readonly link: string
  /** The heading that they copied the link of, and the one that a colleague sees. */
  readonly heading: string
  readonly seen: string
  /** Whether the colleague could act. */
  readonly acts: boolean
}

/** Show a colleague what you see: they have a browser of their own, and the link. */
export async function linkForColleague(page: Page, browser: Browser): Promise<LinkAnswer> {
  await openBottleneck(page)
  const heading = await page.locator('main h1').innerText()
  await page.getByRole('button', { name: 'Copy link' }).click()
  const link = await page.evaluate<string>('navigator.clipboard.readText()')
  const colleague = await browser.newPage()
  try {
    await colleague.goto(link)
    const title = colleague.locator('main h1')
    await title.waitFor()
    await colleague.getByRole('heading', { name: /^Why \d+ replicas?/ }).waitFor()
    const refused = colleague.getByText('Actions need the address with a key')
    return { link, heading, seen: await title.innerText(), acts: (await refused.count()) === 0 }
  } finally {
    await colleague.close()
  }
}

/** One click: the row of the table that is marked. */
async function openBottleneck(page: Page): Promise<string> {
  const row = page.getByRole('row').filter({ hasText: 'bottleneck' })
  const link = row.getByRole('link')
  const stage = await link.innerText()
  await link.click()
  await page.getByRole('heading', { name: `Scaling of ${stage}` }).waitFor()
  return stage
}
