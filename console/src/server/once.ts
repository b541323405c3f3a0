// How is something made when it is first needed, and only then?

/** After a failure the next caller tries again. */
export function once<Made>(make: () => Promise<Made>): () => Promise<Made> {
  let cached: Promise<Made> | undefined
  return () => {
    if (cached) return cached
    const making = make()
    cached = making
    making.catch(() => (cached = undefined))
    return making
  }
}
