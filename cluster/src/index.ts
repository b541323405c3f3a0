// What do other packages use of the local cluster? Where it is, what runs and has died in it, and
// the parts that benchmarks and end-to-end tests stop and start.
export { cachePaths, defaultCluster, statePaths, type StatePaths } from './paths.ts'
export {
  inProcessHost,
  isFree,
  persistedPorts,
  recordedDeaths,
  runningHost,
  type ProcessHost,
  type ProcessStatus,
} from './process/index.ts'
export { ensureDebianPackages, ensureTool, ToolMissingError, toolPath, type ToolName } from './tools/index.ts'
export { prometheusArguments } from './backing/index.ts'
export { kubectlWith, type Kubectl } from './providers/kubectl.ts'
