// The native provider: Kubernetes as processes of this machine.
import type { StatePaths } from '../../paths.ts'
import { recordedDeaths, runningHost } from '../../process/index.ts'
import type { Provider } from '../provider.ts'
import { nativeCluster } from './cluster.ts'
import { nativeDown } from './down.ts'
import { nativeUp } from './up.ts'

export function nativeProvider(paths: StatePaths): Provider {
  return {
    name: 'native',
    paths,
    up: (options) => nativeUp(nativeCluster(paths), options),
    down: (options) => nativeDown(paths, options),
    processes: async () => (await (await runningHost(paths.processes))?.list()) ?? [],
    deaths: () => recordedDeaths(paths.processes),
  }
}
