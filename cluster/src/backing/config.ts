// What does the machine say about where things are? The environment, read once: the PATH and a
// chosen Java.
import { readConfig } from '@orderpipeline/config'
import type { Environment } from '@orderpipeline/config'
import { z } from 'zod'
import { cachePaths } from '../paths.ts'

export interface Machine {
  /** Downloads that may be thrown away at any time. */
  readonly cacheDir: string
  readonly path: string
  readonly javaHome: string | undefined
}

const schema = z.object({
  JAVA_HOME: z.string().startsWith('/').describe('an absolute path').optional(),
  PATH: z.string().default('/usr/local/bin:/usr/bin:/bin'),
})

/** @throws ConfigError */
export function machineOf(env: Environment): Machine {
  const { JAVA_HOME, PATH } = readConfig(schema, env)
  return Object.freeze({ cacheDir: cachePaths(env).root, path: PATH, javaHome: JAVA_HOME })
}

export function thisMachine(): Machine {
  return machineOf(process.env)
}
