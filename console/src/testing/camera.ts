// How is a picture of a view taken? Of its upper part: as much as is on a usual screen.
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { settled } from './browser.ts'

export type Look = 'light' | 'dark'

export interface Camera {
  /** The view at an address, once it has its answers and `ready` has resolved. */
  view(name: string, url: string, look: Look, ready?: (page: Page) => Promise<void>): Promise<void>
  picture(of: Page | Locator, name: string, look: Look): Promise<void>
}

const width = 1_440
/** By view; others have that of a window. */
const heights: Readonly<Record<string, number>> = {
  pipeline: 1_060,
  scaling: 1_120,
  order: 800,
  'dead-letters': 820,
  'what-if': 1_060,
}
const usualHeight = 820

/** With the `address` of a console that acts, which has its key, as one who may act sees it. */
export function camera(browser: Browser, folder: string, address?: string): Camera {
  const picture = async (of: Page | Locator, name: string, look: Look): Promise<void> => {
    const path = join(folder, `console-${name}-${look}.png`)
    await of.screenshot({ path, animations: 'disabled' })
    process.stdout.write(`${path}\n`)
  }
  return {
    picture,
    view: async (name, url, look, ready) => {
      const viewport = { width, height: heights[name] ?? usualHeight }
      const page = await browser.newPage({ colorScheme: look, viewport, reducedMotion: 'reduce' })
      try {
        if (address !== undefined) {
          await page.goto(address)
          await settled(page)
        }
        await page.goto(url)
        await settled(page)
        await ready?.(page)
        await picture(page, name, look)
      } finally {
        await page.close()
      }
    },
  }
}
