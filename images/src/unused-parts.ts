// From which dependencies may unused modules be dropped? From those that do not declare in their
// package.json that their modules may be left out, though they may: half of one's megabyte is
// compiled at every start for nothing.
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { OnResolveArgs, Plugin, PluginBuild, ResolveResult } from 'esbuild'

const separable = ['@kubernetes/client-node', '@platformatic/kafka']

/** Declares to the bundler that a module of theirs from which nothing is imported has no effect. */
export function unusedParts(packages: readonly string[] = separable): Plugin {
  return {
    name: 'unused-parts',
    setup(build) {
      const own = {}
      const resolveName = oncePerName(build, own)
      build.onResolve({ filter: /^[^.]|^\.\.?\// }, async (args) => {
        if (args.pluginData === own) return undefined
        const { path, importer, resolveDir } = args
        const inside = packages.some((name) => path === name || importer.includes(`/node_modules/${name}/`))
        if (!inside) return undefined
        const file = path.startsWith('.') ? resolve(resolveDir, path) : undefined
        const resolution = file !== undefined && isFile(file) ? { path: file } : await resolveName(args)
        return { ...resolution, sideEffects: false }
      })
    },
  }
}

/**
 * The bundler's own resolution, asked once for each name: for a call of a plugin it reads every
 * folder again, which took nine tenths of the time of a bundle.
 */
function oncePerName(build: PluginBuild, pluginData: object) {
  const answers = new Map<string, Promise<ResolveResult>>()
  return ({ path, importer, resolveDir, kind }: OnResolveArgs): Promise<ResolveResult> => {
    const key = `${kind} ${resolveDir} ${path}`
    const answer = answers.get(key) ?? build.resolve(path, { importer, resolveDir, kind, pluginData })
    answers.set(key, answer)
    return answer
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}
