// What do the tools ask of downloads? The release of one of them, and where from.
export { DownloadFailed } from './errors.ts'
export { installRelease, type Installation } from './install-release.ts'
export type { Artifact, Release } from './release.ts'
export { DownloadsInvalid, downloadSource, downloadsVariable, type DownloadSource } from './source.ts'
