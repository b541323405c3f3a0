// With which browser is the page looked at? Debian's Chromium, brought as the project brings
// Debian's other packages, and checked by axe.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { ensureDebianPackages } from '@orderpipeline/cluster'
import { chromium } from 'playwright-core'
import type { Browser, BrowserContext, Page } from 'playwright-core'

/** Where distributions and vendors put it; without any, Debian's package is installed. */
const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]
const patienceMs = 60_000
const actionMs = 60_000
const debianPackages = ['chromium', 'fonts-inter']

/** @throws ToolMissingError where there is none and none can be installed */
export async function startBrowser(): Promise<Browser> {
  if (!places.some((place) => existsSync(place))) await ensureDebianPackages(debianPackages)
  const executablePath = places.find((place) => existsSync(place)) ?? 'chromium'
  // Chromium's own sandbox refuses to run as root, and pages here are our own.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return await chromium.launch({ executablePath, args, timeout: 60_000 })
}

/**
 * A page whose errors and warnings are added to `complaints`. `expected`: those of the browser that
 * are none, such as its note of an answer that refuses.
 */
export async function watchedPage(
  context: Pick<BrowserContext, 'newPage'>,
  complaints: string[],
  expected?: RegExp,
): Promise<Page> {
  const page = await context.newPage()
  page.setDefaultTimeout(actionMs)
  page.on('pageerror', ({ message }) => complaints.push(message))
  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type()) || expected?.test(message.text())) return
    complaints.push(message.text())
  })
  return page
}

/** Until the view has the server's answers: while it waits it shows a text with an ellipsis. */
export async function settled(page: Page): Promise<void> {
  await page.locator('main h1').waitFor({ timeout: patienceMs })
  const waiting = page.locator('main p.empty').filter({ hasText: '…' })
  await waiting.first().waitFor({ state: 'detached', timeout: patienceMs })
}

export interface Violation {
  readonly id: string
  readonly help: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

const axeSource = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** What axe finds on the page as it is now, each with the first places. */
export async function violationsOn(page: Page): Promise<readonly string[]> {
  await page.evaluate(await readFile(axeSource, 'utf8'))
  const violations = await page.evaluate<readonly Violation[]>('axe.run().then(({ violations }) => violations)')
  return violations.map(({ id, help, nodes }) =>
    [
      `${id}: ${help}`,
      ...nodes.slice(0, 3).map(({ html, failureSummary }) => `  ${html}\n  ${failureSummary ?? ''}`),
    ].join('\n'),
  )
}
