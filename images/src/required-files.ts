// How does a program read a file that is next to its source (`readFileSync(new URL('./claim.sql',
// import.meta.url), 'utf8')`)? Its text becomes part of the bundle: in the image there is nothing
// next to the program.
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Plugin } from 'esbuild'
import type { ImageDefinition } from './definitions.ts'

const reading =
  /readFileSync\(\s*new URL\(\s*(['"])(\.[^'"]+)\1\s*,\s*import\.meta\.url\s*\)\s*,\s*(['"])utf-?8\3\s*,?\s*\)/g

/**
 * Inlines the text files read by the sources of an image's programs; what cannot be inlined stays
 * and must be one of its folders.
 */
export function requiredFiles(definition: ImageDefinition, root: string): Plugin {
  return {
    name: 'required-files',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (!path.startsWith(root) || path.includes('/node_modules/')) return undefined
        const source = await readFile(path, 'utf8')
        if (!source.includes('import.meta.url')) return undefined
        const texts = new Map<string, string>()
        const watchFiles: string[] = []
        for (const [, , relative] of source.matchAll(reading)) {
          if (relative === undefined || texts.has(relative)) continue
          const file = resolve(dirname(path), relative)
          watchFiles.push(file)
          texts.set(relative, await readFile(file, 'utf8'))
        }
        const contents = source.replace(reading, (_match, _quote, relative: string) =>
          JSON.stringify(texts.get(relative)),
        )
        return { contents, loader: 'ts', watchFiles, pluginData: definition.name }
      })
    },
  }
}
