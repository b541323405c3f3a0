// How can building an image fail, and can a retry help?

/** A source is missing, does not compile, or needs something that will not be in the image. */
export class BundleError extends Error {
  override readonly name = 'BundleError'
  readonly reason = 'BundleFailed'
  readonly retry = false
}

/** A command that packs or builds failed or took too long. */
export class PackError extends Error {
  override readonly name = 'PackError'
  readonly reason = 'PackFailed'
  readonly retry = false
}
