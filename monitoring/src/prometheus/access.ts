// How does a Prometheus reach a cluster? With the server and the certificates of a kubeconfig,
// written to files that only it can read.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KubeConfig } from '@kubernetes/client-node'
import type { ScrapeAccess } from './config.ts'

/** Reads the current context. @throws Error where it contains no certificates. */
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
