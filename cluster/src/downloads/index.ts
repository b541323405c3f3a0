// What does this folder export for ensure-tool.ts? The installation of a tool's release, with a
// checked SHA-256, and the source of downloads: the projects or a mirror.
export { DownloadError } from './errors.ts'
export { installRelease, type Installation } from './install-release.ts'
export type { Artifact, Release } from './release.ts'
export { InvalidDownloadsError, downloadSource, downloadsVariable, type DownloadSource } from './source.ts'
