// What do others need from the images? To build them, with or without Docker, and to pass their
// names to the charts.
export { buildImages, bundleImages, type BuildOptions, type BuiltImage } from './build.ts'
export { binaryRuntime, packBinary, type BinaryImage } from './binary.ts'
export { bundleImage, endBundler, type Bundle } from './bundle.ts'
export { compileCacheEnv, warmCompileCache } from './compile-cache.ts'
export { buildDockerImages, singleManifest, type DockerImage } from './docker.ts'
export { chartValues, type ChartImage } from './chart-values.ts'
export { imageDefinitions, operatorImage, servicesImage, type ImageDefinition } from './definitions.ts'
export { BundleError, PackError } from './errors.ts'
export { memoryEnvUnder } from './node-memory.ts'
