// npm run screenshots: how does the console look, for the README and docs/guides/console.md? The
// recorded shop in the middle of a burst, light and dark. After a change of the page, run it and
// look at the pictures.
import { join } from 'node:path'
import { recordedOrder } from './recorded-shop.ts'
import { recordedActions } from './recorded-actions.ts'
import { recordedConsole } from './recorded-console.ts'
import { settled, startBrowser } from './browser.ts'

const folder = join(import.meta.dirname, '..', '..', '..', 'docs', 'images')
const views = {
  pipeline: '',
  scaling: '/scaling/payment',
  order: `/orders/${recordedOrder.orderId}`,
  'dead-letters': '/dead-letters',
  'what-if': '/what-if?rate=50&minutes=10&burst=8000&stage=payment&max=200',
}
/** A picture is the upper part of a view: as much as is on a usual screen. */
const heights: Readonly<Record<keyof typeof views, number>> = {
  pipeline: 1_060,
  scaling: 1_120,
  order: 700,
  'dead-letters': 820,
  'what-if': 1_060,
}

const darkToo = ['pipeline', 'scaling']

const readOnlyConsole = await recordedConsole()
const acting = await recordedConsole({ actions: recordedActions() })
const browser = await startBrowser()
try {
  for (const colorScheme of ['light', 'dark'] as const)
    for (const [view, path] of Object.entries(views)) {
      if (colorScheme === 'dark' && !darkToo.includes(view)) continue
      const height = heights[view as keyof typeof views]
      const page = await browser.newPage({ colorScheme, viewport: { width: 1_440, height }, reducedMotion: 'reduce' })
      await page.goto(`${readOnlyConsole.server.url}/pipelines/default/shop${path}`)
      await settled(page)
      const file = join(folder, `console-${view}-${colorScheme}.png`)
      await page.screenshot({ path: file, animations: 'disabled' })
      process.stdout.write(`${file}\n`)
      await page.close()
    }
  const page = await browser.newPage({ viewport: { width: 1_440, height: 820 }, reducedMotion: 'reduce' })
  await page.goto(`${readOnlyConsole.server.url}/pipelines/default/shop`)
  await settled(page)
  const objectives = join(folder, 'console-objectives-light.png')
  await page.getByRole('region', { name: 'Objectives' }).screenshot({ path: objectives, animations: 'disabled' })
  process.stdout.write(`${objectives}\n`)
  await page.goto(acting.server.address)
  await settled(page)
  await page.goto(`${acting.server.url}/pipelines/default/shop/dead-letters`)
  await page.getByRole('button', { name: 'Replay … ProviderFault of payment' }).click()
  await page.getByText('would be played again').waitFor()
  const file = join(folder, 'console-replay-light.png')
  await page.screenshot({ path: file, animations: 'disabled' })
  process.stdout.write(`${file}\n`)
} finally {
  await browser.close()
  await readOnlyConsole.close()
  await acting.close()
}
