// How does a Prometheus reach a cluster? By the server and the certificates of a kubeconfig, as
// files that it alone reads.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KubeConfig } from '@kubernetes/client-node'
import type { ScrapeAccess } from './config.ts'

/** Of the current context. @throws Error where it has no certificates in it. */
export async function scrapeAccess(kubeconfig: KubeConfig, folder: string): Promise<ScrapeAccess> {
  const [cluster, user] = [kubeconfig.getCurrentCluster(), kubeconfig.getCurrentUser()]
  if (!cluster) throw new Error('The kubeconfig has no cluster for its current context.')
  const pem = async (file: string, field: string, data: string | undefined): Promise<string> => {
    if (data === undefined) throw new Error(`The kubeconfig has no ${field}; a user with a certificate is needed.`)
    const path = join(folder, file)
    await writeFile(path, Buffer.from(data, 'base64'), { mode: 0o600 })
    return path
  }
  return {
    server: cluster.server,
    caFile: await pem('ca.crt', 'certificate-authority-data', cluster.caData),
    certificateFile: await pem('client.crt', 'client-certificate-data', user?.certData),
    keyFile: await pem('client.key', 'client-key-data', user?.keyData),
  }
}
