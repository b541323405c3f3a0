// Who does the tasks? A person who has the printed address and nothing else. What they do with
// mouse and keyboard is counted by the page, as the browser reports it.
import type { Browser, Page } from 'playwright-core'

export interface Effort {
  readonly clicks: number
  /** Keys that were pressed, such as those of an order's id. */
  readonly keys: number
}

export interface Person {
  /** What `perform` brings in a new tab at the address, and what it took. */
  at<Answer>(address: string, perform: (page: Page) => Promise<Answer>): Promise<Effort & { readonly answer: Answer }>
  /** What the browser complained of. */
  readonly complaints: readonly string[]
  close(): Promise<void>
}

const patienceMs = 90_000

/** Every press is one, also of a part that then does nothing. */
const countEffort = `for (const [event, kind] of [['pointerdown', 'clicks'], ['keydown', 'keys']])
  addEventListener(event, ({ isTrusted }) => void (isTrusted && countEffort(kind)), { capture: true })`

export async function newPerson(browser: Browser): Promise<Person> {
  const context = await browser.newContext({
    ...{ permissions: ['clipboard-read', 'clipboard-write'], viewport: { width: 1_440, height: 1_000 } },
  })
  context.setDefaultTimeout(patienceMs)
  const counts = { clicks: 0, keys: 0 }
  await context.exposeBinding('countEffort', (_page, kind: keyof Effort) => void counts[kind]++)
  await context.addInitScript(countEffort)
  const complaints: string[] = []
  context.on('weberror', (problem) => complaints.push(problem.error().message))
  return {
    complaints,
    at: async (address, perform) => {
      const page = await context.newPage()
      try {
        Object.assign(counts, { clicks: 0, keys: 0 })
        await page.goto(address)
        const answer = await perform(page)
        await page.evaluate('0') // what the page has counted before has come by then
        return { ...counts, answer }
      } finally {
        await page.close()
      }
    },
    close: () => context.close(),
  }
}
