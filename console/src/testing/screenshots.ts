// npm run screenshots: how does the console look, for the README and docs/guides/console.md? After
// a change of the page, run it and look at the pictures. `--live` also takes those of a shop that
// runs through a burst, for a quarter of an hour; `--folder` puts every view of the recorded shop
// elsewhere, for a look during work.
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startBrowser } from './browser.ts'
import { camera } from './camera.ts'
import { livePictures } from './live-pictures.ts'
import { recordedPictures } from './recorded-pictures.ts'

const { values } = parseArgs({
  options: { live: { type: 'boolean', default: false }, folder: { type: 'string' } },
})
const images = join(import.meta.dirname, '..', '..', '..', 'docs', 'images')
const folder = values.folder === undefined ? images : resolve(values.folder)
await mkdir(folder, { recursive: true })
const browser = await startBrowser()
try {
  if (values.live) await livePictures(browser, folder)
  await recordedPictures(browser, camera(browser, folder), folder !== images && !values.live)
} finally {
  await browser.close()
}
