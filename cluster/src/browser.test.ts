import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { hasDesktop, openBrowser, privatePage } from './browser.ts'

const seat = { env: { DISPLAY: ':0' }, platform: 'linux', terminal: true } as const

it('opens no browser unasked without a desktop, a terminal, or where it is refused', () => {
  expect(hasDesktop(seat)).toBe(true)
  expect(hasDesktop({ ...seat, env: { WAYLAND_DISPLAY: 'wayland-0' } })).toBe(true)
  expect(hasDesktop({ ...seat, env: {}, platform: 'darwin' })).toBe(true)
  expect(hasDesktop({ ...seat, env: {} })).toBe(false)
  expect(hasDesktop({ ...seat, terminal: false })).toBe(false)
  for (const refusal of [{ CI: 'true' }, { BROWSER: 'none' }, { SSH_CONNECTION: '10.0.0.1 22 10.0.0.2 22' }])
    expect(hasDesktop({ ...seat, env: { ...seat.env, ...refusal } })).toBe(false)
})

/** A PATH with an xdg-open that does this. */
async function desktopThat(script: string): Promise<{ readonly PATH: string; readonly dir: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'desktop-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  await writeFile(join(dir, 'xdg-open'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return { PATH: `${dir}:/usr/bin:/bin`, dir }
}

it.runIf(process.platform === 'linux')('starts the command of the desktop with the address', async () => {
  const { PATH, dir } = await desktopThat('echo "$1" > "$(dirname "$0")/opened"')
  const failed = vi.fn()
  openBrowser('http://127.0.0.1:4480/', failed, { PATH })
  await vi.waitFor(async () => {
    expect(await readFile(join(dir, 'opened'), 'utf8')).toBe('http://127.0.0.1:4480/\n')
  }, 10_000)
  expect(failed).not.toHaveBeenCalled()
})

it.runIf(process.platform === 'linux')('says why where the command fails, or is missing', async () => {
  const { PATH } = await desktopThat('exit 3')
  for (const [path, reason] of [
    [PATH, 'xdg-open: ended with 3'],
    ['/nonexistent', 'xdg-open: spawn xdg-open ENOENT'],
  ] as const) {
    const failed = vi.fn()
    openBrowser('http://127.0.0.1:4480/', failed, { PATH: path })
    await vi.waitFor(() => expect(failed).toHaveBeenCalledWith(reason), 10_000)
  }
})

it('leads to an address with a key by a page that only this user can read', async () => {
  const page = await privatePage('http://127.0.0.1:4480/#key=abc')
  expect(page.url).not.toContain('abc')
  expect(await readFile(new URL(page.url), 'utf8')).toContain('url=http://127.0.0.1:4480/#key=abc')
  await page.remove()
  await expect(readFile(new URL(page.url))).rejects.toThrow('ENOENT')
})
