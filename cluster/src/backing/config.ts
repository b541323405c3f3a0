// What does the machine say about where things are? The environment, read once: the PATH and a
// chosen Java.
import { z } from 'zod'
import { cachePaths } from '../paths.ts'

export interface Machine {
  /** Downloads that may be thrown away at any time. */
  readonly cacheDir: string
  readonly path: string
  readonly javaHome: string | undefined
}

const schema = z.object({
  JAVA_HOME: z.string().startsWith('/', 'must be an absolute path').optional(),
  PATH: z.string().default('/usr/local/bin:/usr/bin:/bin'),
})

export function machineOf(env: Readonly<Record<string, string | undefined>>): Machine {
  const setVariables = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')) // empty means unset
  const parsed = schema.safeParse(setVariables)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const name = String(issue?.path[0])
    throw new Error(`${name} ${issue?.message}, found "${setVariables[name]}"`)
  }
  const { JAVA_HOME, PATH } = parsed.data
  return Object.freeze({ cacheDir: cachePaths(env).root, path: PATH, javaHome: JAVA_HOME })
}

export function thisMachine(): Machine {
  return machineOf(process.env)
}
