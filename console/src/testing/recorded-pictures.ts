// Which pictures are of the recorded shop? Those of what takes days to come about, or needs what
// the example does not have: dead letters, and objectives.
import type { Browser } from 'playwright-core'
import { settled } from './browser.ts'
import type { Camera } from './camera.ts'
import { recordedActions } from './recorded-actions.ts'
import { recordedConsole } from './recorded-console.ts'
import { recordedOrder } from './recorded-shop.ts'

const shop = '/pipelines/default/shop'
const recorded = { 'dead-letters': '/dead-letters' }
/** Also those that a live shop has: for a look during work on a view. */
const all = {
  ...{ pipeline: '', scaling: '/scaling/payment', order: `/orders/${recordedOrder.orderId}` },
  'what-if': '/what-if?rate=50&minutes=10&burst=8000&stage=payment&max=200',
  ...recorded,
}

export async function recordedPictures(browser: Browser, shutter: Camera, everyView: boolean): Promise<void> {
  const readOnly = await recordedConsole()
  const acting = await recordedConsole({ actions: recordedActions() })
  try {
    for (const [view, path] of Object.entries(everyView ? all : recorded))
      for (const look of everyView ? (['light', 'dark'] as const) : (['light'] as const))
        await shutter.view(view, `${readOnly.server.url}${shop}${path}`, look)
    const page = await browser.newPage({ viewport: { width: 1_440, height: 820 }, reducedMotion: 'reduce' })
    await page.goto(`${readOnly.server.url}${shop}`)
    await settled(page)
    await shutter.picture(page.getByRole('region', { name: 'Objectives' }), 'objectives', 'light')
    await page.goto(acting.server.address)
    await settled(page)
    await page.goto(`${acting.server.url}${shop}/dead-letters`)
    await page.getByRole('button', { name: 'Replay … ProviderFault of payment' }).click()
    await page.getByText('would be played again').waitFor()
    await shutter.picture(page, 'replay', 'light')
    await page.close()
  } finally {
    await readOnly.close()
    await acting.close()
  }
}
