// With which settings does Node take the memory of a container? All images have the same; what is
// measured outside a container has them for the limit that it would have there.

/**
 * By default Node 24 lets the heap grow to the container's whole memory limit, at which the kernel
 * kills it before V8 collects.
 */
const heapPercent = 60
/** MiB; by default some 100, which V8 ignores in the choice of when to collect. */
const youngGeneration = 8

/** The environment of every image. */
export const memoryEnv = environment(`--max-old-space-size-percentage=${heapPercent}`)

/** The same outside a container, as under this limit in MiB. */
export function memoryEnvUnder(limit: number): Record<string, string> {
  return environment(`--max-old-space-size=${Math.floor((limit * heapPercent) / 100)}`)
}

function environment(heap: string): Record<string, string> {
  return { NODE_OPTIONS: `${heap} --max-semi-space-size=${youngGeneration}` }
}
