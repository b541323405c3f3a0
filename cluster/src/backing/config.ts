// What does the machine say about where things are? The environment, read once: the tool cache, the PATH, a chosen Java.
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'

export interface Machine {
  /** Downloads and builds that may be thrown away at any time: `${XDG_CACHE_HOME:-~/.cache}/orderpipeline`. */
  readonly cacheDir: string
  readonly path: string
  readonly javaHome: string | undefined
}

const absolute = z.string().startsWith('/', 'must be an absolute path').optional()

const schema = z.object({
  XDG_CACHE_HOME: absolute,
  JAVA_HOME: absolute,
  PATH: z.string().default('/usr/local/bin:/usr/bin:/bin'),
})

export function machineOf(env: Readonly<Record<string, string | undefined>>): Machine {
  // An empty variable means unset, as the XDG specification has it.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = schema.safeParse(given)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const name = String(issue?.path[0])
    throw new Error(`${name} ${issue?.message}, found "${given[name]}"`)
  }
  const { XDG_CACHE_HOME, JAVA_HOME, PATH } = parsed.data
  return Object.freeze({
    cacheDir: join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'orderpipeline'),
    path: PATH,
    javaHome: JAVA_HOME,
  })
}

export function thisMachine(): Machine {
  return machineOf(process.env)
}
