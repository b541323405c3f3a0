// npm run up: from whatever is there to a pipeline that is Ready.
import { join } from 'node:path'
import { hasDesktop, openBrowser } from '../browser.ts'
import { statePaths } from '../paths.ts'
import { withFileLock } from '../process/file-lock.ts'
import { duration } from '../progress/duration.ts'
import { stepMemory } from '../progress/step-memory.ts'
import { extraNames, extraTexts } from '../providers/extras.ts'
import type { Extra } from '../providers/extras.ts'
import { chosenProvider } from '../providers/index.ts'
import { servedConsole } from './console-page.ts'
import type { ConsolePlace } from './console-page.ts'
import { nextSteps } from './next-steps.ts'
import type { ProviderName } from '../providers/provider.ts'
import { readyStep } from '../providers/product/steps.ts'
import { downloadSource, downloadsVariable, InvalidDownloadsError } from '../downloads/index.ts'
import { refuseDownloads } from '../tools/index.ts'
import { newDeaths, reportDeaths } from './deaths.ts'
import { UsageError } from './command.ts'
import type { Command, Terminal } from './command.ts'
import { runWithDisplay } from './display.ts'
import { extrasOf, optionsOf, providerOf } from './options.ts'

export const up: Command = {
  name: 'up',
  summary: 'start a local Kubernetes with the whole platform, and wait until its pipeline is Ready',
  help: `npm run up [-- --provider kind|native] [--without <part>] [--build] [--no-open] [--json]

Starts a local Kubernetes with Kafka, PostgreSQL, KEDA, the OrderPipeline operator and the example shop, and waits until the
shop's pipeline is Ready. It can be interrupted and run again at any time; it keeps what exists already.

  --provider kind     Kubernetes in Docker; chosen by itself where Docker answers
  --provider native   processes of this machine: Linux, root, no Docker; chosen by itself where Docker does not answer
  --without <part>    start without a part; may be repeated. The parts, and what is missing or saved:
${extraNames.map((name) => `                      ${name.padEnd(13)} ${extraTexts[name]}`).join('\n')}
  --build             build every tool, download none; as ORDERPIPELINE_DOWNLOADS=off
  --no-open           do not open the console in the browser, as a terminal on a desktop does; as BROWSER=none
  --json              one JSON object per event on standard output, for programs

Kubernetes, containerd, CoreDNS and Helm are downloaded from their projects' releases where these can be reached, with their
published SHA-256 checked, and built from their sources otherwise. ORDERPIPELINE_DOWNLOADS=https://mirror takes them from a
mirror instead, https://mirror/dl.k8s.io/release/… and so on.
`,
  async run(args, terminal) {
    const options = optionsOf(args, {
      provider: { type: 'string' },
      without: { type: 'string', multiple: true },
      build: { type: 'boolean' },
      'no-open': { type: 'boolean' },
      json: { type: 'boolean' },
    })
    if (options.build) refuseDownloads()
    else checkDownloads()
    const without = extrasOf(options.without ?? [])
    const paths = statePaths()
    const startedAt = performance.now()
    const wait = (pid: number) => terminal.stderr(`Waiting for process ${pid}, which is changing this cluster …\n`)
    return await withFileLock(
      join(paths.root, 'lock'),
      async () => {
        const provider = await chosenProvider(paths, providerOf(options.provider))
        reportDeaths(await newDeaths(provider), terminal)
        const memory = await stepMemory(paths.steps, paths.durations)
        let readyAfter = ''
        // A display that overwrites its lines would overwrite these: there they follow when
        // everything is done.
        const onFinished = (step: string) => {
          if (step !== readyStep) return
          readyAfter = duration(performance.now() - startedAt)
          if (!terminal.interactive) sayNext(terminal, provider.name, readyAfter, without)
        }
        await runWithDisplay(provider.up({ without }), {
          ...{ terminal, memory, json: options.json ?? false },
          ...(options.json ? {} : { onFinished }),
        })
        if (terminal.interactive && !options.json) sayNext(terminal, provider.name, readyAfter, without)
        const seat = { env: process.env, platform: process.platform, terminal: terminal.interactive }
        if (!options['no-open'] && !options.json && hasDesktop(seat)) await showConsole(paths, terminal)
        return 0
      },
      { onWait: onceOnly(wait) },
    )
  },
}

function checkDownloads(): void {
  try {
    downloadSource(process.env[downloadsVariable])
  } catch (error) {
    throw error instanceof InvalidDownloadsError ? new UsageError(error.message) : error
  }
}

function sayNext(terminal: Terminal, provider: ProviderName, took: string, without: readonly Extra[]): void {
  terminal.stdout(nextSteps({ provider, took, without, kubeconfig: statePaths().kubeconfig }))
}

async function showConsole(paths: ConsolePlace, terminal: Terminal): Promise<void> {
  const url = await servedConsole(paths).catch(() => undefined)
  if (url === undefined) return
  terminal.stdout(`Its console is open in the browser, until npm run down: ${url}\n`)
  openBrowser(url, () => undefined)
}

function onceOnly<T>(say: (value: T) => void): (value: T) => void {
  let wasCalled = false
  return (value) => {
    if (!wasCalled) say(value)
    wasCalled = true
  }
}
