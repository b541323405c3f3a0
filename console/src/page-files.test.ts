import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { pageFiles } from './page-files.ts'

const guide = join(import.meta.dirname, '../../docs/guides/console.md')

it('the page is at most 60 kB of JavaScript and 12 kB of style, gzipped, and as large as the guide says', async () => {
  const { script, style } = await pageFiles()
  const sizes = { script: gzipSync(script).length / 1_000, style: gzipSync(style).length / 1_000 }
  process.stderr.write(
    `the page: ${sizes.script.toFixed(1)} kB of JavaScript and ${sizes.style.toFixed(1)} kB of style, gzipped\n`,
  )
  expect(sizes.script).toBeLessThan(60)
  expect(sizes.style).toBeLessThan(12)
  const stated = /(\d+) kB of JavaScript and (\d+) kB\s+of style, gzipped/.exec(await readFile(guide, 'utf8'))
  expect(Math.abs(Number(stated?.[1]) - sizes.script), `JavaScript in ${guide}`).toBeLessThan(2)
  expect(Math.abs(Number(stated?.[2]) - sizes.style), `style in ${guide}`).toBeLessThan(2)
})
