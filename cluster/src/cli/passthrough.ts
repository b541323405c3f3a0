// npm run kubectl -- …, and helm: the tool itself, pointed at the local cluster; its arguments, streams and exit code are its own.
import { spawn } from 'node:child_process'
import { access } from 'node:fs/promises'
import { statePaths } from '../paths.ts'
import { silent } from '../progress/progress.ts'
import { ensureTool, type ToolName } from '../tools/index.ts'
import { UsageError, type Command } from './command.ts'

export const kubectl = passthrough('kubectl', 'kube', ['kubectl'])
export const helm = passthrough('helm', 'helm', [])

function passthrough(name: string, tool: ToolName, leading: readonly string[]): Command {
  return {
    name,
    summary: `${name}, pointed at the local cluster`,
    help: `npm run kubectl -- <arguments>\n\nRuns ${name} with the kubeconfig of the local cluster. Arguments, streams and exit code are its own.\n`,
    async run(args, terminal) {
      const { kubeconfig } = statePaths()
      if (await missing(kubeconfig)) throw new UsageError('There is no local cluster: npm run up')
      const note = (text: string) => terminal.stderr(`${text}\n`)
      const command = await ensureTool(tool, { ...silent, note })
      return await inherit(command, [...leading, ...args], { ...process.env, KUBECONFIG: kubeconfig })
    },
  }
}

async function missing(path: string): Promise<boolean> {
  return await access(path).then(
    () => false,
    () => true,
  )
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
