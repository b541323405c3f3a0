// When does a figure change on the page? The page itself notes each text of one cell, and when.
import type { Browser } from 'playwright-core'
import type { Change } from './source-changes.ts'

export interface WatchedPage {
  changes(): Promise<readonly Change[]>
  close(): Promise<void>
}

/** What it needs of the browser's types, which a program of Node does not have. */
declare const MutationObserver: new (callback: () => void) => {
  observe(cell: unknown, options: Readonly<Record<string, boolean>>): void
}

/** In the page. */
function noteTexts(cell: { readonly textContent: string | null }): void {
  const noted: { at: number; value: string | null }[] = []
  Object.assign(globalThis, { noted })
  const note = () => {
    const value = cell.textContent
    if (noted.at(-1)?.value !== value) noted.push({ at: Date.now(), value })
  }
  note()
  new MutationObserver(note).observe(cell, { childList: true, characterData: true, subtree: true })
}

/** `selector`: of the cell in the row of `stage`. */
export async function watchCell(
  browser: Browser,
  address: string,
  stage: string,
  selector: string,
): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: { width: 1_440, height: 1_000 } })
  await page.goto(address)
  const cell = page
    .getByRole('row')
    .filter({ has: page.getByRole('link', { name: stage, exact: true }) })
    .locator(selector)
  await cell.waitFor()
  await cell.evaluate(noteTexts)
  return { changes: () => page.evaluate<readonly Change[]>('window.noted'), close: () => page.close() }
}

/** Pages that are only connected: their streams are read, and nothing is drawn. */
export async function otherViewers(address: string, count: number): Promise<{ close(): Promise<void> }> {
  const leaving = new AbortController()
  const { origin } = new URL(address)
  const streams = await Promise.all(
    Array.from({ length: count }, () => fetch(`${origin}/api/stream`, { signal: leaving.signal })),
  )
  const read = async (stream: Response): Promise<void> => {
    for await (const _text of stream.body!) if (leaving.signal.aborted) return
  }
  const reading = streams.map((stream) => read(stream).catch(() => undefined))
  return {
    close: async () => {
      leaving.abort()
      await Promise.all(reading)
    },
  }
}
