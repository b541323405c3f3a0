// From which dependencies may unused modules be dropped? From those that do not declare in their
// package.json that their modules may be left out, though they may: half of one's megabyte is
// compiled at every start for nothing.
import type { Plugin } from 'esbuild'

const separable = ['@kubernetes/client-node', '@platformatic/kafka']

/** Declares to the bundler that a module of theirs from which nothing is imported has no effect. */
export function unusedParts(packages: readonly string[] = separable): Plugin {
  return {
    name: 'unused-parts',
    setup(build) {
      const own = {}
      build.onResolve({ filter: /^[^.]|^\.\.?\// }, async ({ path, pluginData, ...args }) => {
        if (pluginData === own) return undefined
        const inside = packages.some((name) => path === name || args.importer.includes(`/node_modules/${name}/`))
        if (!inside) return undefined
        const { importer, resolveDir, kind } = args
        const resolution = await build.resolve(path, { importer, resolveDir, kind, pluginData: own })
        return { ...resolution, sideEffects: false }
      })
    },
  }
}
