// What do end-to-end tests need to act on the release that `npm run up` has installed? Its name,
// its chart as it was installed, and further names for the images on the native cluster's node, as
// a new version has.
import { join } from 'node:path'
import { tagImage } from './node/tag-image.ts'
import { exists } from './files.ts'
import { statePaths } from './paths.ts'
import { nodeDirectories } from './providers/native/cluster.ts'
import { assemblePlatformChart, platformChart } from './providers/product/platform-chart.ts'
import { toolPath } from './tools/index.ts'

export { platformChart } from './providers/product/platform-chart.ts'
export { closeGateway } from './providers/product/open-gateway.ts'
export { operatorDeployment, pipelineName, platformRelease } from './providers/product/steps.ts'

/**
 * The folder of the chart with its dependencies. An `up` that finds the release unchanged after a
 * `down` has not made it.
 */
export async function installedChart(): Promise<string> {
  const folder = join(statePaths().root, 'values', platformChart)
  if (!(await exists(folder))) await assemblePlatformChart(folder, { archives: false })
  return folder
}

/** Gives `image` the further name `name`, both such as `orderpipeline/services:abc`. */
export function nativeImageNamed(image: string, name: string): Promise<void> {
  return tagImage({ ...nodeDirectories(statePaths()), ctr: toolPath('ctr') }, image, name)
}
