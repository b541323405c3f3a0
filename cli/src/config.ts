// What does the environment tell the command line? The one place that reads its variables.
import { homedir } from 'node:os'
import { join } from 'node:path'
import { statePaths } from '@orderpipeline/cluster/paths'
import type { Environment, Output } from './environment.ts'

export function environmentOf(env: NodeJS.ProcessEnv, stdout: Output, stderr: Output): Environment {
  const noColour = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== ''
  return {
    stdout,
    stderr,
    colour: stdout.isTTY === true && !noColour && env['TERM'] !== 'dumb',
    kubeconfig: env['KUBECONFIG'] || undefined,
    kubeconfigCandidates: [statePaths(undefined, env).kubeconfig, join(homedir(), '.kube', 'config')],
  }
}
