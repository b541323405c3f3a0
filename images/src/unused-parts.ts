// Which dependencies let go of what a program does not use? Those that do not say of themselves
// that their modules may be left out, though they may: half of one's megabyte is compiled at every
// start for nothing.
import type { Plugin } from 'esbuild'

const separable = ['@platformatic/kafka']

/** Tells the bundler that a module of theirs that nothing is imported from does nothing. */
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
        const found = await build.resolve(path, { importer, resolveDir, kind, pluginData: own })
        return { ...found, sideEffects: false }
      })
    },
  }
}
