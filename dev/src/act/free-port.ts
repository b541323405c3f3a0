// Which port does a process of a replica get?
import { reservedPort } from '@orderpipeline/cluster/supervised'

/** Reserved until the process surely listens on it. */
export async function freePort(): Promise<number> {
  const { port, release } = await reservedPort()
  setTimeout(release, 60_000).unref()
  return port
}
