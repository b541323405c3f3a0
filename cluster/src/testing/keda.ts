// How does a test have the real KEDA operator act? As a process on a control plane of the test's
// own, which has all of KEDA's definitions. `npm run up` builds or downloads it.
import { mkdir, writeFile } from 'node:fs/promises'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { issue, newAuthority } from '../certificates/certificates.ts'
import { cachePaths } from '../paths.ts'
import type { ProcessSpec } from '../process/index.ts'
import { ToolMissingError } from '../tools/errors.ts'
import { toolPath, versions } from '../tools/index.ts'

export interface InstalledKeda {
  readonly command: string
  /** All of its custom resource definitions, as YAML. */
  readonly definitions: string
}

export function installedKeda(): InstalledKeda {
  const command = toolPath('keda-operator')
  const definitions = join(cachePaths().artifacts, `keda-crds-${versions.keda}.yaml`)
  if (!existsSync(command) || !existsSync(definitions))
    throw new ToolMissingError('KEDA is not on this machine:', '`npm run up` builds it')
  return { command, definitions: readFileSync(definitions, 'utf8') }
}

/** `dir` holds its certificates. */
export async function kedaOperatorProcess(
  { command }: InstalledKeda,
  {
    kubeconfig,
    dir,
    ports,
  }: { readonly kubeconfig: string; readonly dir: string; readonly ports: readonly [number, number] },
): Promise<ProcessSpec> {
  await mkdir(dir, { recursive: true })
  const authority = await newAuthority('keda-test', new Date())
  const { cert, key } = await issue(
    authority,
    { commonName: 'keda', serves: { dns: ['localhost'], ip: ['127.0.0.1'] } },
    new Date(),
  )
  const files = { 'ca.crt': authority.cert, 'tls.crt': cert, 'tls.key': key }
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text)
  const [probes, metrics] = ports
  return {
    name: 'keda-operator',
    command,
    args: [
      ...[`--cert-dir=${dir}`, '--enable-webhook-patching=false', '--enable-apiservice-patching=false'],
      ...['--metrics-bind-address=0', `--health-probe-bind-address=127.0.0.1:${probes}`],
      ...[`--metrics-service-bind-address=127.0.0.1:${metrics}`, '--kube-api-qps=100', '--kube-api-burst=200'],
    ],
    env: {
      KUBECONFIG: kubeconfig,
      KEDA_CLUSTER_OBJECT_NAMESPACE: 'default',
      POD_NAMESPACE: 'default',
      POD_NAME: 'keda-operator',
      WATCH_NAMESPACE: '',
    },
    ready: { kind: 'http', url: `http://127.0.0.1:${probes}/readyz` },
    readyTimeoutMs: 60_000,
  }
}
