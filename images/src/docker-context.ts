// What does the Dockerfile need in addition to the bundles? The program that compiles them with the
// image's own Node.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))

/** Puts the program that fills the compile cache into the build context. */
export async function writeCompiler(outDir: string): Promise<void> {
  await build({
    entryPoints: [join(here, 'warm.ts')],
    outfile: join(outDir, 'warm.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    logLevel: 'silent',
  })
}
