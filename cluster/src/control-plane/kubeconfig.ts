// How does a client find and prove itself to the API server? By a kubeconfig that carries
// everything, so that the one file can be copied anywhere.
import { readFile, rename, writeFile } from 'node:fs/promises'
import { stringify } from 'yaml'

export interface Access {
  readonly url: string
  readonly caPem: string
  readonly certPem: string
  readonly keyPem: string
}

export function kubeconfig(cluster: string, user: string, access: Access): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: cluster, cluster: { server: access.url, 'certificate-authority-data': base64(access.caPem) } }],
    users: [
      {
        name: user,
        user: { 'client-certificate-data': base64(access.certPem), 'client-key-data': base64(access.keyPem) },
      },
    ],
    contexts: [{ name: cluster, context: { cluster, user } }],
    'current-context': cluster,
  })
}

export async function writeKubeconfig(
  path: string,
  cluster: string,
  user: string,
  url: string,
  files: { readonly ca: string; readonly cert: string; readonly key: string },
): Promise<void> {
  const [caPem, certPem, keyPem] = await Promise.all([files.ca, files.cert, files.key].map((f) => readFile(f, 'utf8')))
  const access = { url, caPem: caPem ?? '', certPem: certPem ?? '', keyPem: keyPem ?? '' }
  await writeFile(`${path}.new`, kubeconfig(cluster, user, access), { mode: 0o600 })
  await rename(`${path}.new`, path)
}
