// npm run build:cli: how does the command line become one file, that runs wherever a Node is? As
// the images' programs do; the file is also what kubectl finds as its plug-in `orderpipeline`.
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { carryingCode, pageFiles } from '@orderpipeline/console'
import { bundleImage } from '@orderpipeline/images'

const root = join(import.meta.dirname, '..', '..')
const name = 'kubectl-orderpipeline'

/** An older Node would fail in the middle of a dependency, with a message of no use. */
const nodeCheck = `if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error('orderpipeline needs Node 24 or newer; this is ' + process.version + ' at ' + process.execPath)
  process.exit(2)
}`

export async function buildCommandLine(outDir: string): Promise<string> {
  const definition = { name: 'cli', repository: 'cli', programs: { [name]: 'cli/src/main.ts' }, folders: {} }
  const { directory } = await bundleImage(definition, { root, outDir, runtime: process.version })
  const bundle = readFileSync(join(directory, 'app', `${name}.mjs`), 'utf8').replace(/^#!.*\n/, '')
  const file = join(outDir, name)
  mkdirSync(outDir, { recursive: true })
  writeFileSync(file, `#!/usr/bin/env node\n${nodeCheck}\n${carryingCode(await pageFiles())}\n${bundle}`)
  chmodSync(file, 0o755)
  return file
}

if (import.meta.main) {
  const file = await buildCommandLine(process.argv[2] ?? join(root, 'cli', 'dist'))
  const megabytes = (statSync(file).size / 1e6).toFixed(1)
  process.stdout.write(
    `${file} (${megabytes} MB)\nOn the PATH it is \`kubectl orderpipeline\`; a link \`orderpipeline\` to it works, too.\n`,
  )
}
