// Which pipelines may move to the operator's services image now? A few at once; one whose new
// version fails keeps its place, so that what breaks the first does not go through all of them.
import type { ChildObject, OrderPipeline } from '../api/index.ts'
import { keyOf, moveOf } from '../pipeline/index.ts'
import type { Move, Updates } from '../pipeline/index.ts'

export interface UpdateLimiter {
  /**
   * The image to record, once it is this pipeline's turn to move; undefined while nothing is to be
   * changed.
   */
  nextImage(pipeline: OrderPipeline, children: readonly ChildObject[]): string | undefined
  readonly forget: (key: string) => void
}

export interface UpdateSettings {
  /** The services image that the operator is set to. */
  readonly brought: string
  /** For pipelines that do not say how they are updated. */
  readonly usual: Updates
  readonly atOnce: number
}

interface UpdateEnvironment {
  /** Every pipeline with its children; called once, when the first one is due. */
  readonly all: () => Iterable<{ readonly pipeline: OrderPipeline; readonly children: readonly ChildObject[] }>
  /** It may be the turn of this pipeline now. */
  readonly free: (key: string) => void
}

export function updateLimiter(on: UpdateEnvironment, { brought: image, usual, atOnce }: UpdateSettings): UpdateLimiter {
  let moving: Set<string> | undefined
  const waiting = new Set<string>()

  /** An operator that has just started takes over the moves of the one before it. */
  const movingPipelines = (): Set<string> => {
    if (moving) return moving
    moving = new Set()
    for (const { pipeline, children } of on.all())
      if (moveOf(pipeline, children, image, usual) === 'moving') moving.add(keyOf(pipeline))
    return moving
  }

  const leave = (key: string): void => {
    waiting.delete(key)
    if (!moving?.delete(key)) return
    const [next] = waiting
    if (next === undefined) return
    waiting.delete(next) // it waits again when it is not its turn after all
    on.free(next)
  }

  const take = (key: string): string | undefined => {
    const active = movingPipelines()
    if (!active.has(key) && active.size >= atOnce) {
      waiting.add(key)
      return undefined
    }
    waiting.delete(key)
    active.add(key)
    return image
  }

  return {
    nextImage: (pipeline, children) => {
      const key = keyOf(pipeline)
      const move: Move = moveOf(pipeline, children, image, usual)
      switch (move) {
        case 'due':
          return take(key)
        case 'moving':
          moving?.add(key)
          return undefined
        case 'none':
          leave(key)
          return undefined
      }
    },
    forget: leave,
  }
}
