// Which services image does a pipeline run? The one it was created with, until the spec or the
// update policy says otherwise: installing a newer operator, which has a newer image, changes no
// pipeline.
import type { ChildObject, OrderPipeline, OrderPipelineSpec, ServicesStatus } from '../../api/index.ts'
import { livePart } from '../children/live.ts'
import { gatewayName } from '../children/names.ts'
import { stableTemplate, templateOf } from '../children/part-versions.ts'
import { isVersionOnTrial } from './rollout-status.ts'

/**
 * `Automatic`: to the operator's image, when it has another one and a place is free. `Manual`: as
 * spec.image says.
 */
export type Updates = 'Manual' | 'Automatic'

/** The parts that run the services image. */
function servedParts({ gateway, stages }: OrderPipelineSpec): string[] {
  return [
    ...(gateway && gateway.image === undefined ? [gatewayName] : []),
    ...stages.filter(({ image }) => image === undefined).map(({ name }) => name),
  ]
}

function imageOf(template: ReturnType<typeof templateOf>): string | undefined {
  return template?.spec?.containers[0]?.image
}

/**
 * For a pipeline without a record, which an older operator created, or whose status was lost: the
 * image of most of its parts, since a part that gave a version up runs the one before.
 */
function liveImage(pipeline: OrderPipeline, children: readonly ChildObject[]): string | undefined {
  const images = servedParts(pipeline.spec).flatMap((part) => {
    const live = livePart(pipeline, part, children)
    return imageOf(templateOf(live[live.active])) ?? []
  })
  const count = (image: string): number => images.filter((one) => one === image).length
  return [...images].sort((a, b) => count(b) - count(a))[0]
}

/** `operatorImage`: the image in the operator's settings, with which a new pipeline starts. */
export function servicesImageOf(
  pipeline: OrderPipeline,
  children: readonly ChildObject[],
  operatorImage: string,
): string {
  return pipeline.spec.image ?? pipeline.status?.services?.image ?? liveImage(pipeline, children) ?? operatorImage
}

/**
 * `moveTo`: the image of the next pass. Undefined where no part runs a program of the services
 * image.
 */
export function servicesStatus(
  pipeline: OrderPipeline,
  children: readonly ChildObject[],
  operatorImage: string,
  moveTo?: string,
): ServicesStatus | undefined {
  if (servedParts(pipeline.spec).length === 0) return undefined
  const image = moveTo ?? servicesImageOf(pipeline, children, operatorImage)
  return { image, ...(image === operatorImage ? {} : { available: operatorImage }) }
}

/** The state of a pipeline in a move that the operator makes by itself. */
export type Move =
  /** Nothing to move, or not by itself. */
  | 'none'
  /** It can move when its turn comes. */
  | 'due'
  /** Its record names the operator's image, and a part is not proven with it yet. */
  | 'moving'

/** `usual`: the policy of pipelines that do not say how they are updated. */
export function moveOf(
  pipeline: OrderPipeline,
  children: readonly ChildObject[],
  operatorImage: string,
  usual: Updates,
): Move {
  const { spec, metadata, status } = pipeline
  const parts = servedParts(spec)
  if (spec.image !== undefined || (spec.updates ?? usual) !== 'Automatic' || parts.length === 0) return 'none'
  if (metadata.deletionTimestamp !== undefined || spec.suspend === true) return 'none'
  const image = servicesImageOf(pipeline, children, operatorImage)
  if (image === operatorImage) {
    const isRecorded = status?.services?.image === operatorImage
    return isRecorded && parts.some((part) => isBehind(pipeline, part, children, operatorImage)) ? 'moving' : 'none'
  }
  // Only a pipeline that works is moved, so that the new version is at fault for a failure after
  // it.
  const works = status?.conditions?.some(
    (one) => one.type === 'RolledOut' && one.status === 'True' && one.observedGeneration === metadata.generation,
  )
  return works === true && parts.every((part) => isSettled(pipeline, part, children)) ? 'due' : 'none'
}

function isSettled(pipeline: OrderPipeline, part: string, children: readonly ChildObject[]): boolean {
  return !isVersionOnTrial(livePart(pipeline, part, children))
}

/** A part that already ran with another image; a new part has nothing to move from. */
function isBehind(pipeline: OrderPipeline, part: string, children: readonly ChildObject[], image: string): boolean {
  const live = livePart(pipeline, part, children)
  const current = live[live.active]
  const stable = current && stableTemplate(current)
  return stable !== undefined && imageOf(stable) !== image
}
