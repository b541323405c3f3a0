// What do the tests of the views run on? A console of a recorded shop and a real browser; each test
// has a user of its own, with one page, and fails where the page complains.
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'
import { startBrowser, watchedPage } from '../src/testing/browser.ts'
import { recordedConsole } from '../src/testing/recorded-console.ts'
import type { RecordedConsole } from '../src/testing/recorded-console.ts'

interface User {
  readonly context: BrowserContext
  readonly page: Page
}

export class OpenConsole {
  readonly console: RecordedConsole
  readonly #browser: Browser
  #user: User | undefined
  /** What the pages of this test have complained of. */
  complaints: string[] = []

  private constructor(browser: Browser, console: RecordedConsole) {
    this.#browser = browser
    this.console = console
  }

  static async start(): Promise<OpenConsole> {
    return new OpenConsole(...(await Promise.all([startBrowser(), recordedConsole()])))
  }

  get page(): Page {
    if (!this.#user) throw new Error('newUser comes first')
    return this.#user.page
  }

  async newUser(
    options: BrowserContextOptions = { permissions: ['clipboard-read', 'clipboard-write'] },
  ): Promise<void> {
    await this.#user?.context.close()
    const context = await this.#browser.newContext(options)
    this.complaints = []
    this.#user = { context, page: await watchedPage(context, this.complaints) }
  }

  /** One more page of the same user. */
  openPage(): Promise<Page> {
    return watchedPage(this.page.context(), this.complaints)
  }

  start() {
    return this.page.goto(this.console.server.url)
  }

  waitForText(text: string | RegExp): Promise<void> {
    return this.page.getByText(text).first().waitFor()
  }

  /** @throws where a page has complained */
  async leave(): Promise<void> {
    await this.#user?.context.close()
    this.#user = undefined
    expect(this.complaints).toEqual([])
  }

  async close(): Promise<void> {
    await this.#browser.close()
    await this.console.close()
    expect(this.console.said).toEqual([])
  }
}
