// Are the six tasks of the console done within three clicks each, on a shop with a real burst? They
// are done as the shop gets into their states; all that is known of it is the printed address.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { newPerson } from './person.ts'
import type { Effort, Person } from './person.ts'
import { findBottleneck, linkForColleague, replayOneCause, seeItGetBetter, whereIs, whySoMany } from './tasks.ts'
import type { BottleneckAnswer, LinkAnswer, OrderAnswer, ReplayAnswer, ReplicasAnswer } from './tasks.ts'
import { burst, openTryIt, provider } from './try-shop.ts'

export interface SixTasksOptions {
  /** As the terminal prints it, with the key. */
  readonly address: string
  /** Orders that come at once while a payment takes three seconds. */
  readonly orders: number
  /** Orders while the provider fails. */
  readonly failing: number
  readonly say: (line: string) => void
}

type Took<Answer> = Effort & { readonly answer: Answer }

export interface TaskReport {
  /** The last order of the burst, which the task about an order is about. */
  readonly order: string
  readonly tasks: {
    readonly bottleneck: Took<BottleneckAnswer>
    readonly whySoMany: Took<ReplicasAnswer>
    readonly order: Took<OrderAnswer>
    readonly better: Took<string>
    readonly replay: Took<ReplayAnswer>
    readonly link: Took<LinkAnswer>
  }
  readonly complaints: readonly string[]
}

/** The provider that is made slow is that of payments. */
const slowStage = 'payment'
const scaleOutMs = 180_000
const deadLettersMs = 120_000
/** Until the last failed calls are dead letters: a replay takes those that are there. */
const lastLettersMs = 15_000

/** The shop has a quick provider at the end, and what was replayed. */
export async function sixTasks(browser: Browser, options: SixTasksOptions): Promise<TaskReport> {
  const { address, orders, failing, say } = options
  const person = await newPerson(browser)
  const setting = await browser.newPage()
  try {
    await openTryIt(setting, address)
    await provider(setting, 'Slow')
    const order = await burst(setting, orders)
    say(`${orders} orders, each payment of which takes three seconds`)
    const { scaled, better } = await whileItIsSlow(person, setting, browser, { address, order, say })
    await provider(setting, 'Normal')
    await replayable(browser, setting, address, failing)
    say('the provider has failed, and there are dead letters')
    const replay = await person.at(address, replayOneCause)
    return { order, tasks: { ...scaled, better, replay }, complaints: person.complaints }
  } finally {
    await openTryIt(setting, address)
      .then(() => provider(setting, 'Normal'))
      .catch((error: unknown) => say(`the provider may still be slow: ${String(error)}`))
    await person.close()
    await setting.close()
  }
}

interface SlowOptions extends Pick<SixTasksOptions, 'address' | 'say'> {
  readonly order: string
}

async function whileItIsSlow(person: Person, setting: Page, browser: Browser, options: SlowOptions) {
  const { address, order, say } = options
  await backlogBefore(setting, slowStage)
  const bottleneck = await person.at(address, findBottleneck)
  say(bottleneck.answer.sentence)
  await scaledOut(setting, slowStage)
  const scaled = {
    bottleneck,
    whySoMany: await person.at(address, whySoMany),
    order: await person.at(address, (page) => whereIs(page, order)),
    link: await person.at(address, (page) => linkForColleague(page, browser)),
  }
  say(`${bottleneck.answer.stage} has scaled out: ${scaled.whySoMany.answer.lastChange}`)
  const better = await person.at(address, seeItGetBetter)
  say(better.answer)
  return { scaled, better }
}

/** Until the orders have come through the stages before it, and wait there. */
async function backlogBefore(page: Page, stage: string): Promise<void> {
  await page.getByRole('link', { name: 'Pipeline', exact: true }).click()
  const verdict = page.locator('main p.verdict').filter({ hasText: `${stage} is the bottleneck:` })
  await verdict.waitFor({ timeout: scaleOutMs })
}

/** Until a change of the stage's replicas is on its view. */
async function scaledOut(page: Page, stage: string): Promise<void> {
  await page.getByRole('row').getByRole('link', { name: stage, exact: true }).click()
  await page.locator('.changes li .step.up').first().waitFor({ timeout: scaleOutMs })
  await page.getByRole('link', { name: 'Try it' }).click()
}

/** Until dead letters wait, and the provider works again. */
async function replayable(browser: Browser, setting: Page, address: string, orders: number): Promise<void> {
  await provider(setting, 'Failing')
  await burst(setting, orders)
  const page = await browser.newPage()
  try {
    await page.goto(address)
    await page.getByRole('link', { name: 'Dead letters' }).click()
    await page.locator('.groups li').first().waitFor({ timeout: deadLettersMs })
  } finally {
    await page.close()
  }
  await provider(setting, 'Normal')
  await sleep(lastLettersMs)
}
