// How does an image of the native cluster's node get a second name? As a registry would give it
// one: the content is not copied.
import { run } from '../process/run.ts'
import { nodePaths } from './config.ts'
import type { NodeConfig } from './config.ts'

/** Names as pods write them, such as `orderpipeline/services:abc`; one that is taken is moved. */
export async function tagImage(
  config: Pick<NodeConfig, 'dir' | 'runDir'> & { readonly ctr: string },
  image: string,
  name: string,
): Promise<void> {
  const where = ['--address', nodePaths(config).containerdSocket, '--namespace', 'k8s.io']
  const names = [image, name].map((each) => `docker.io/${each}`)
  await run(config.ctr, [...where, 'images', 'tag', '--force', ...names], { timeoutMs: 30_000 })
}
