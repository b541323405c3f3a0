// On which address does the process behind a Service listen? An address that this machine reaches
// as well as the pods do.
import type { Cluster } from './kube.ts'

/**
 * `host:port` of the first endpoint. `port`: by its name in the Service, where it has more than
 * one.
 */
export async function endpoint(cluster: Cluster, service: string, port = 'main'): Promise<string> {
  const selector = `kubernetes.io/service-name=${service}`
  const { stdout } = await cluster.kubectl(['get', 'endpointslice', '-l', selector, '-o', 'json'])
  const { items } = JSON.parse(stdout) as {
    items: { endpoints: { addresses: string[] }[]; ports: { name: string; port: number }[] }[]
  }
  const address = items[0]?.endpoints[0]?.addresses[0]
  const number = items[0]?.ports.find(({ name }) => name === port)?.port
  if (!address || !number) throw new Error(`no pod serves port ${port} of the Service ${service}`)
  return `${address}:${number}`
}
