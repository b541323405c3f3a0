// What do end-to-end tests need to act on the release that `npm run up` has installed? Its name,
// its chart as it was installed, and further names for the images on the native cluster's node, as
// a new version has.
import { join } from 'node:path'
import { tagImage } from './node/tag-image.ts'
import { statePaths } from './paths.ts'
import { nodeDirectories } from './providers/native/cluster.ts'
import { platformChart } from './providers/product/platform-chart.ts'
import { toolPath } from './tools/index.ts'

export { platformChart } from './providers/product/platform-chart.ts'
export { closeGateway } from './providers/product/open-gateway.ts'
export { operatorDeployment, pipelineName, platformRelease } from './providers/product/steps.ts'

/** The folder of the chart with its dependencies. */
export function installedChart(): string {
  return join(statePaths().root, 'values', platformChart)
}

/** Gives `image` the further name `name`, both such as `orderpipeline/services:abc`. */
export function nativeImageNamed(image: string, name: string): Promise<void> {
  return tagImage({ ...nodeDirectories(statePaths()), ctr: toolPath('ctr') }, image, name)
}
