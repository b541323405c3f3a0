// Which port does a process of a replica get?
import { isFree } from '@orderpipeline/cluster/supervised'

const lately = new Set<number>()

/**
 * A port from the range of this project's ports, outside that of outgoing connections; no port
 * twice within a minute.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    if (lately.has(port) || !(await isFree(port))) continue
    lately.add(port)
    setTimeout(() => lately.delete(port), 60_000).unref()
    return port
  }
  throw new Error('no free port was found between 20000 and 29999')
}
