// From which sources are the functions taken that a case measures? From those of one checkout: the
// present one, or that of another commit.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The checkout has no such file, or the file no such export. */
export class MissingSubjectError extends Error {
  override readonly name = 'MissingSubjectError'
}

export interface Tree {
  /**
   * `from`: what a package exports, such as `@orderpipeline/operator/pipeline`, or the path of a
   * file from the root of the checkout. The type says what the caller uses of it; only the presence
   * of `names` is checked.
   *
   * @throws MissingSubjectError
   */
  load<Module extends object>(from: string, names: readonly (keyof Module & string)[]): Promise<Module>
}

export function treeAt(root: string): Tree {
  const { resolve } = createRequire(join(root, 'package.json'))
  const fileOf = (from: string): string | undefined => {
    if (!from.startsWith('@')) return existsSync(join(root, from)) ? join(root, from) : undefined
    try {
      return resolve(from)
    } catch {
      return undefined
    }
  }
  return {
    load: async <Module extends object>(from: string, names: readonly (keyof Module & string)[]) => {
      const file = fileOf(from)
      if (file === undefined) throw new MissingSubjectError(`there is no ${from}`)
      const module = (await import(pathToFileURL(file).href)) as Partial<Module>
      const missing = names.find((name) => module[name] === undefined)
      if (missing !== undefined) throw new MissingSubjectError(`${from} exports no ${missing}`)
      return module as Module
    },
  }
}
