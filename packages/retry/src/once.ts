// How is something made when it is first needed, and only then?

/**
 * Callers share one making and its result. After a failure the next caller tries again; with
 * `keepsFailure` it gets the same failure, where a second attempt would only cost time.
 */
export function once<Made>(
  make: () => Promise<Made>,
  { keepsFailure = false }: { readonly keepsFailure?: boolean } = {},
): () => Promise<Made> {
  let cached: Promise<Made> | undefined
  return () => {
    if (cached) return cached
    const making = make()
    cached = making
    if (!keepsFailure) making.catch(() => (cached = undefined))
    return making
  }
}
