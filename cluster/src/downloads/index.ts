// What does this folder export for ensure-tool.ts? The installation of a tool's release, with a
// checked SHA-256, and the source of downloads: the projects or a mirror.
export { DownloadFailed } from './errors.ts'
export { installRelease, type Installation } from './install-release.ts'
export type { Artifact, Release } from './release.ts'
export { DownloadsInvalid, downloadSource, downloadsVariable, type DownloadSource } from './source.ts'
