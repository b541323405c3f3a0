// In which order does a suspended pipeline stop? The entrance first, the stages when they have no
// messages left.
import type { ChildObject, DeploymentStatus, LagFigures, OrderPipeline } from '../../api/index.ts'
import { livePart, scaledObjectOf } from '../children/live.ts'
import { gatewayName } from '../children/names.ts'

/** KEDA scales the target to this number and leaves it there as long as the annotation exists. */
export const pausedAnnotation = 'autoscaling.keda.sh/paused-replicas'

/** Undefined when nothing is suspended. */
export type Suspension = 'draining' | 'stopped' | undefined

/** The default of the spec. */
export const drainDeadlineSeconds = 600

/** Whether stages are stopped before they have drained. `now` in milliseconds. */
function isOverdue({ spec, status }: OrderPipeline, now: number | undefined): boolean {
  const deadlineMs = (spec.suspension?.drainDeadlineSeconds ?? drainDeadlineSeconds) * 1000
  if (deadlineMs === 0) return true
  const since = status?.drainingSince
  return since !== undefined && now !== undefined && now - Date.parse(since) >= deadlineMs
}

/**
 * Drained means that no stage has lag or has moved within the window of its figures, so that no
 * message can be between two stages. A pipeline without a gateway gets its messages from other
 * programs, which may never pause: there no lag is enough. A stopped pipeline stays stopped,
 * whatever is written to its topics; while its lag is unknown it goes on draining. At the drain
 * deadline it is stopped as it is: unhandled messages stay in its topics.
 */
export function suspensionOf(
  pipeline: OrderPipeline,
  children: readonly ChildObject[],
  lag: ReadonlyMap<string, LagFigures>,
  now?: number,
): Suspension {
  if (!pipeline.spec.suspend) return undefined
  const names = pipeline.spec.stages.map(({ name }) => name)
  const running = (part: string): boolean => {
    const live = livePart(pipeline, part, children)
    return [live.blue, live.green].some(
      (deployment) =>
        deployment !== undefined &&
        ((deployment.spec.replicas ?? 0) > 0 ||
          ((deployment.status as DeploymentStatus | undefined)?.replicas ?? 0) > 0),
    )
  }
  if (names.every((name) => isPaused(pipeline, name, children) || !running(name))) return 'stopped'
  if (isOverdue(pipeline, now)) return 'stopped'
  const drained = names.every((name) => {
    const figures = lag.get(name)
    return figures?.lag === 0 && (figures.consumedPerSecond === 0 || !pipeline.spec.gateway)
  })
  return drained && !running(gatewayName) ? 'stopped' : 'draining'
}

function isPaused(pipeline: OrderPipeline, stage: string, children: readonly ChildObject[]): boolean {
  return scaledObjectOf(pipeline, stage, children)?.metadata.annotations?.[pausedAnnotation] !== undefined
}
