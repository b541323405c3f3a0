// What does the environment tell the command line? The one place that reads its variables.
import { homedir, hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { kafkaVariables } from '@orderpipeline/kit-kafka'
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
    kafkaVariables: Object.fromEntries(Object.keys(kafkaVariables).map((name) => [name, env[name]])),
    editor: env['VISUAL'] || env['EDITOR'] || undefined,
    user: `${userName(env)}@${hostname()}`,
  }
}

/** A container may run under a user id that has no name. */
function userName(env: NodeJS.ProcessEnv): string {
  try {
    return userInfo().username
  } catch {
    return env['USER'] || 'unknown'
  }
}
