// npm run down: removes everything that `up` has made; with --data also the stored data, with
// --purge what was built and downloaded too.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cachePaths, statePaths } from '../paths.ts'
import { withFileLock } from '../process/file-lock.ts'
import { stepMemory } from '../progress/step-memory.ts'
import type { StepMemory } from '../progress/steps.ts'
import { forgetProvider, recordedProvider } from '../providers/index.ts'
import type { Command } from './command.ts'
import { endConsole } from './console-page.ts'
import { runWithDisplay } from './display.ts'
import { optionsOf } from './options.ts'

export const down: Command = {
  name: 'down',
  summary: 'remove everything that up has created (--data: data too; --purge: data and caches too)',
  help: `npm run down [-- --data | --purge] [--json]

Removes everything that \`npm run up\` has created: processes, pods, mounts, network, iptables rules. Kafka's topics, the database
and the cluster's objects stay on disk, and the next up uses them again.

  --data    delete these too: the next up makes a new shop with what is built and downloaded
  --purge   delete these too, and everything built or downloaded: the next up starts without them
  --json    one JSON object per event on standard output, for programs

Debian packages that up has installed stay, and so do the durations of its steps, for the next estimate.
`,
  async run(args, terminal) {
    const options = optionsOf(args, {
      data: { type: 'boolean' },
      purge: { type: 'boolean' },
      json: { type: 'boolean' },
    })
    const caches = options.purge ?? false
    const data = caches || (options.data ?? false)
    const paths = statePaths()
    await withFileLock(join(paths.root, 'lock'), async () => {
      const provider = await recordedProvider(paths)
      if (!provider) {
        if (!options.json) terminal.stderr('There is no local cluster.\n')
        return
      }
      await endConsole(paths)
      const remembered = await stepMemory(paths.steps, paths.durations)
      const memory = data ? forgetful(remembered) : remembered
      await runWithDisplay(provider.down({ purge: data }), { terminal, memory, json: options.json ?? false })
      if (data) await forgetProvider(paths)
    })
    const folders = [...(data ? [paths.root] : []), ...(caches ? [cachePaths().root, imagesBuilt] : [])]
    for (const folder of folders) await rm(folder, { recursive: true, force: true })
    if (folders.length > 0 && !options.json) terminal.stderr(caches ? '✓ Data and caches\n' : '✓ Data\n')
    return 0
  },
}

const imagesBuilt = join(import.meta.dirname, '..', '..', '..', 'images', 'dist')

/** What is being removed must not be written again. */
function forgetful(memory: StepMemory): StepMemory {
  return { ...memory, remember: () => Promise.resolve() }
}
