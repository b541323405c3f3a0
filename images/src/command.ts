// How is another program run so that its failure contains its output, and it cannot hang?
import { execFile } from 'node:child_process'
import { PackError } from './errors.ts'

export function run(
  command: string,
  args: readonly string[],
  options: { readonly timeoutMs: number; readonly cwd?: string; readonly env?: NodeJS.ProcessEnv },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const limits = {
      timeout: options.timeoutMs,
      maxBuffer: 16 << 20,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
    }
    execFile(command, args, { ...limits, encoding: 'utf8' }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout)
      const output = (stderr || stdout).trim().split('\n').slice(-15).join('\n')
      const why = error.killed ? `was still running after ${options.timeoutMs / 1000} s` : 'failed'
      reject(new PackError(`${command} ${args.join(' ')} ${why}: ${output || error.message}`, { cause: error }))
    })
  })
}
