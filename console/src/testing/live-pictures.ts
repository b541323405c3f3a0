// Which pictures are of a shop that runs? Those of a burst of 8,000 orders while a payment takes
// three seconds: in its middle the flow and an order that waits, and after it how payment scaled
// from 5 to 100 replicas and back to 5.
import type { Browser, Page } from 'playwright-core'
import { setTimeout as sleep } from 'node:timers/promises'
import { camera } from './camera.ts'
import { startLiveShop } from './live-shop.ts'
import { burst, openTryIt, provider } from './tasks/try-shop.ts'

const orders = 8_000
const stage = 'payment'
const most = 100
const processes = 240
/** How long nothing happens on the timeline before the burst and after it. */
const restMs = 90_000
const scaleOutMs = 600_000
const scaleInMs = 1_200_000

const looks = ['light', 'dark'] as const
function say(line: string): void {
  process.stderr.write(`${new Date().toISOString()} ${line}\n`)
}

export async function livePictures(browser: Browser, folder: string): Promise<void> {
  say('the shop starts …')
  const shop = await startLiveShop({ processes })
  const shutter = camera(browser, folder, shop.address)
  try {
    const page = await browser.newPage({ viewport: { width: 1_440, height: 1_000 } })
    await openTryIt(page, shop.address)
    const startedAt = performance.now()
    say(`it is ready, and rests for ${restMs / 1_000} s`)
    await sleep(restMs)
    await provider(page, 'Slow')
    const order = await burst(page, orders)
    say(`${orders} orders were taken`)
    await replicas(page, ({ ready, wanted, lag }) => wanted === most && ready >= most / 2 && lag > 0, scaleOutMs)
    const base = new URL(page.url().replace(/\/try$/, '')).href
    for (const look of looks) await shutter.view('pipeline', base, look, (view) => bottleneck(view))
    await shutter.view('order', `${base}/orders/${order}`, 'light', (view) =>
      view.locator('.timeline').waitFor({ timeout: 120_000 }),
    )
    await replicas(page, ({ ready }) => ready >= most, scaleOutMs)
    await replicas(page, ({ ready, wanted, min }) => ready === min && wanted === min, scaleInMs)
    say('payment is back')
    await provider(page, 'Normal')
    await sleep(restMs)
    const minutes = performance.now() - startedAt < 600_000 ? 10 : 30
    for (const look of looks) await shutter.view('scaling', `${base}/scaling/${stage}?minutes=${minutes}`, look)
    const question = `rate=50&minutes=10&burst=${orders}&stage=${stage}&max=${2 * most}`
    await shutter.view('what-if', `${base}/what-if?${question}`, 'light', (view) =>
      view
        .getByRole('img', { name: /dry run/ })
        .first()
        .waitFor({ timeout: 60_000 }),
    )
  } finally {
    await shop.close()
  }
}

async function bottleneck(page: Page): Promise<void> {
  await page.locator('svg a.by-backlog').waitFor()
  await sleep(2_000) // the trend, and what is listed every few seconds
}

interface RowFigures {
  readonly ready: number
  readonly wanted: number
  readonly min: number
  readonly lag: number
}

/** Until the row of the stage shows it. @throws with what it showed last */
async function replicas(page: Page, hold: (figures: RowFigures) => boolean, timeoutMs: number): Promise<void> {
  const row = page.getByRole('row').filter({ hasText: stage })
  let text = ''
  for (const latest = performance.now() + timeoutMs; performance.now() < latest; await sleep(500)) {
    const [counts = '', bounds = '', lagText = ''] = await Promise.all([
      row.locator('.counts').innerText(),
      row.locator('.bounds').innerText(),
      row.locator('td').first().innerText(),
    ])
    const [ready = 0, wanted = 0] = counts.split('/').map(Number)
    const lag = Number(lagText.replaceAll(/\D/g, ''))
    const current = `${stage}: ${counts} of ${bounds}`
    if (current !== text) say(`${current}, lag ${lag}`)
    text = current
    if (hold({ ready, wanted, lag, min: Number.parseInt(bounds) })) return
  }
  throw new Error(`not so within ${timeoutMs / 1_000} s; last seen: ${text}`)
}
