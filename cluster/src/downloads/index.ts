// What do the tools need from downloads? The release of one of them, and where it comes from.
export { DownloadFailed } from './errors.ts'
export { installRelease, type Installation } from './install-release.ts'
export type { Artifact, Release } from './release.ts'
export { DownloadsInvalid, downloadSource, downloadsVariable, type DownloadSource } from './source.ts'
