// With which settings does Node take the memory of a container? What is measured outside a
// container has those of the image, for the limit that it would have there.
import type { ImageDefinition } from './definitions.ts'

/**
 * By default Node 24 lets the heap grow to the container's whole memory limit, at which the kernel
 * kills it before V8 collects.
 */
const heapPercent = 60
/**
 * By default a young generation grows to some 100 MiB, which V8 ignores in the choice of when to
 * collect.
 */
const usualSemiSpaceMiB = 8
/**
 * glibc gives each thread an arena of its own, up to eight a core, and returns little of them. V8's
 * threads need them for a moment each: in the operator of 200 pipelines they took 10 MiB.
 */
const arenas = { MALLOC_ARENA_MAX: '1' }

type Sizes = Pick<ImageDefinition, 'semiSpaceMiB'>

/** The environment of an image. */
export function memoryEnv(image: Sizes): Record<string, string> {
  return environment(`--max-old-space-size-percentage=${heapPercent}`, image)
}

/** The same outside a container, as under this limit in MiB. */
export function memoryEnvUnder(limitMiB: number, image: Sizes): Record<string, string> {
  return environment(`--max-old-space-size=${Math.floor((limitMiB * heapPercent) / 100)}`, image)
}

function environment(heap: string, { semiSpaceMiB = usualSemiSpaceMiB }: Sizes): Record<string, string> {
  return { NODE_OPTIONS: `${heap} --max-semi-space-size=${semiSpaceMiB}`, ...arenas }
}
