// How does an address get into the user's browser? By the desktop's own command. One that is opened
// unasked needs a desktop in front of the user, and none is ever waited for.
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

export interface Seat {
  readonly env: NodeJS.ProcessEnv
  readonly platform: NodeJS.Platform
  /** The command writes to a terminal. */
  readonly terminal: boolean
}

/**
 * Whether a browser that the user has not asked for would appear in front of the user. BROWSER=none
 * refuses it, as with other tools.
 */
export function hasDesktop({ env, platform, terminal }: Seat): boolean {
  if (!terminal || env['CI'] || env['BROWSER'] === 'none' || env['SSH_CONNECTION']) return false
  return platform === 'darwin' || (platform === 'linux' && Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']))
}

/** `failed` receives the reason where no browser could be started. */
export function openBrowser(url: string, failed: (reason: string) => void, env = process.env): void {
  const program = process.platform === 'darwin' ? 'open' : process.platform === 'win32' ? 'explorer' : 'xdg-open'
  const child = spawn(program, [url], { stdio: 'ignore', detached: true, env })
  child.on('error', ({ message }) => failed(`${program}: ${message}`))
  child.on('exit', (code) => {
    if (code !== 0 && process.platform !== 'win32') failed(`${program}: ended with ${code}`)
  })
  child.unref()
}

export interface PrivatePage {
  readonly url: string
  remove(): Promise<void>
}

/**
 * A page that only this user can read and that leads to the address: every user of the machine
 * can see the arguments with which a browser is started.
 */
export async function privatePage(address: string): Promise<PrivatePage> {
  const folder = await mkdtemp(join(tmpdir(), 'orderpipeline-console-'))
  const file = join(folder, 'open.html')
  await writeFile(file, `<!doctype html><meta http-equiv="refresh" content="0; url=${address}">`, { mode: 0o600 })
  return { url: pathToFileURL(file).href, remove: () => rm(folder, { recursive: true, force: true }) }
}
