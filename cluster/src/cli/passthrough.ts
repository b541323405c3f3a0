// npm run kubectl -- …, and helm: the tool itself, pointed at the local cluster, or kubectl at the
// pipeline that runs by `npm start`; its arguments, streams and exit code are its own.
import { spawn } from 'node:child_process'
import { runningDevRuntimes } from '../dev-runtimes.ts'
import { exists, onPath } from '../files.ts'
import { statePaths } from '../paths.ts'
import { silent } from '../progress/progress.ts'
import { recordedProvider } from '../providers/index.ts'
import { kubectlTool } from '../providers/kubectl.ts'
import { ensureTool } from '../tools/index.ts'
import type { ToolName } from '../tools/index.ts'
import { UsageError } from './command.ts'
import type { Command, Terminal } from './command.ts'

export const kubectl: Command = {
  ...passthrough('kubectl', kubectlTool),
  async run(args, terminal) {
    // As `npm run orderpipeline` and `watch` do: what runs by npm start comes before the cluster.
    const [runtime] = process.env['ORDERPIPELINE_CLUSTER'] === 'local' ? runningDevRuntimes() : []
    if (!runtime) return await onCluster(kubectlTool, args, terminal)
    const command = (await onPath('kubectl', process.env['PATH'] ?? '')) ?? (await obtained('kubectl', terminal))
    return await inherit(command, args, { ...process.env, KUBECONFIG: runtime.kubeconfig })
  },
}
export const helm = passthrough('helm', () => ({ tool: 'helm', leading: [] }))

function passthrough(name: string, toolFor: typeof kubectlTool): Command {
  return {
    name,
    summary: `${name} for the local cluster`,
    help: '', // its own
    run: (args, terminal) => onCluster(toolFor, args, terminal),
  }
}

async function onCluster(toolFor: typeof kubectlTool, args: readonly string[], terminal: Terminal): Promise<number> {
  const paths = statePaths()
  const provider = await recordedProvider(paths)
  if (!provider || !(await exists(paths.kubeconfig))) throw new UsageError('There is no local cluster: npm run up')
  const { tool, leading } = toolFor(provider.name)
  const command = await obtained(tool, terminal)
  return await inherit(command, [...leading, ...args], { ...process.env, KUBECONFIG: paths.kubeconfig })
}

async function obtained(tool: ToolName, terminal: Terminal): Promise<string> {
  return await ensureTool(tool, { ...silent, note: (text) => terminal.stderr(`${text}\n`) })
}

async function inherit(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return await new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env })
    // A terminal sends its interrupt to both; the tool decides what it means.
    process.on('SIGINT', () => undefined)
    process.on('SIGTERM', () => child.kill('SIGTERM'))
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(signal ? 1 : (code ?? 1)))
  })
}
