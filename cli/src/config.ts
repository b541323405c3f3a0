// What does the command line take from the environment? The one place that reads its variables.
import { readFile } from 'node:fs/promises'
import { homedir, hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { kafkaVariables } from '@orderpipeline/kafka'
import { runningDevRuntimes } from '@orderpipeline/cluster/dev-runtimes'
import { statePaths } from '@orderpipeline/cluster/paths'
import type { Environment, LocalPrometheus, Output } from './environment.ts'

export function environmentOf(env: NodeJS.ProcessEnv, stdout: Output, stderr: Output): Environment {
  const noColour = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== ''
  return {
    stdout: withColumns(stdout, env),
    stderr,
    colour: stdout.isTTY === true && !noColour && env['TERM'] !== 'dumb',
    ...kubeconfigs(env),
    localPrometheus: localPrometheus(env),
    kafkaVariables: Object.fromEntries(Object.keys(kafkaVariables).map((name) => [name, env[name]])),
    editor: env['VISUAL'] || env['EDITOR'] || undefined,
    user: `${userName(env)}@${hostname()}`,
  }
}

/**
 * `npm run …` of the project speaks to what runs here, `npm start` before the local cluster,
 * whatever KUBECONFIG says, as its other commands do; called by itself or as
 * `kubectl orderpipeline` it goes where kubectl goes, and to the local cluster only where kubectl
 * would find nothing.
 */
function kubeconfigs(
  env: NodeJS.ProcessEnv,
): Pick<Environment, 'kubeconfig' | 'kubeconfigCandidates' | 'localKubeconfigs'> {
  const local = [...runningDevRuntimes(env).map(({ kubeconfig }) => kubeconfig), statePaths(undefined, env).kubeconfig]
  const localKubeconfigs = local
  if (env['ORDERPIPELINE_CLUSTER'] === 'local')
    return { kubeconfig: undefined, kubeconfigCandidates: local, localKubeconfigs }
  return {
    localKubeconfigs,
    kubeconfig: env['KUBECONFIG'] || undefined,
    kubeconfigCandidates: [join(homedir(), '.kube', 'config'), ...local],
  }
}

function localPrometheus(env: NodeJS.ProcessEnv): LocalPrometheus {
  const { kubeconfig, ports } = statePaths(undefined, env)
  return {
    kubeconfig,
    url: async () => {
      const saved = JSON.parse(await readFile(ports, 'utf8').catch(() => '{}')) as { readonly prometheus?: number }
      return saved.prometheus === undefined ? undefined : `http://127.0.0.1:${saved.prometheus}`
    },
  }
}

/**
 * Where the output is no terminal, or one that does not know its size, COLUMNS says how wide it is
 * to be.
 */
function withColumns(output: Output, env: NodeJS.ProcessEnv): Output {
  if (output.columns) return output
  const variable = Number(env['COLUMNS'])
  const columns = Number.isInteger(variable) && variable >= 20 ? variable : undefined
  return {
    write: (text) => output.write(text),
    ...(output.isTTY !== undefined && { isTTY: output.isTTY }),
    ...(columns !== undefined && { columns }),
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
