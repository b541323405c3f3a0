// How long does a person wait for the page? Each time in a browser that has nothing of it cached:
// until something is painted, and until the figures of the pipeline are there.
import type { Browser } from 'playwright-core'

export interface Opened {
  /** First contentful paint, by the browser. */
  readonly paintMs: number
  /** The graph with the figures. */
  readonly figuresMs: number
}

/** Before the page's own script: notes when the graph is there. */
const noteFigures = `new MutationObserver((_changes, observer) => {
  if (document.querySelector('.graph svg .part') === null) return
  observer.disconnect()
  requestAnimationFrame(() => setTimeout(() => (window.figuresMs = performance.now())))
}).observe(document, { childList: true, subtree: true })`
/** The page forbids to evaluate text, so its own functions wait. */
const figuresThere = `new Promise((resolve) => {
  const look = () => (window.figuresMs === undefined ? setTimeout(look, 20) : resolve(window.figuresMs))
  look()
})`
const painted = `new Promise((resolve) => new PerformanceObserver((list) => {
  const [entry] = list.getEntriesByName('first-contentful-paint')
  if (entry) resolve(entry.startTime)
}).observe({ type: 'paint', buffered: true }))`

export async function openTimes(browser: Browser, address: string, times: number): Promise<readonly Opened[]> {
  const opened: Opened[] = []
  for (let time = 0; time < times; time += 1) {
    const context = await browser.newContext({ viewport: { width: 1_440, height: 1_000 } })
    try {
      await context.addInitScript(noteFigures)
      const page = await context.newPage()
      await page.goto(address)
      const [paintMs, figuresMs] = await page.evaluate<[number, number]>(`Promise.all([${painted}, ${figuresThere}])`)
      opened.push({ paintMs, figuresMs })
    } finally {
      await context.close()
    }
  }
  return opened
}
