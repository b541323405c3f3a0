// What does the rest of the cluster need from the tools? An executable, the source it is built
// from, a distribution's packages.
export { ensureTool, obtainTool, refuseDownloads, toolPath, typicalMs, type Obtained } from './ensure-tool.ts'
export { ensureDebianPackages, missingPackages } from './debian-packages.ts'
export { goModuleSource, toolSource } from './go-module.ts'
export { ToolMissingError } from './errors.ts'
export { versions } from './versions.ts'
export type { ToolName } from './recipes.ts'
