// Which services image does a pipeline run? The one it was made with, until it is told otherwise: a
// newer operator, which brings a newer image, moves nobody by being installed.
import type { ChildObject, OrderPipeline, OrderPipelineSpec, ServicesStatus } from '../api/index.ts'
import { livePart } from './live.ts'
import { gatewayName } from './names.ts'
import { isBeingTried, stableTemplate, templateOf } from './rollout.ts'

/**
 * `Automatic`: to the operator's image, when it brings another and a place is free. `Manual`: as
 * spec.image says.
 */
export type Updates = 'Manual' | 'Automatic'

/** The parts whose image the services image is. */
const servedParts = ({ gateway, stages }: OrderPipelineSpec): string[] => [
  ...(gateway && gateway.image === undefined ? [gatewayName] : []),
  ...stages.filter(({ image }) => image === undefined).map(({ name }) => name),
]

const imageOf = (template: ReturnType<typeof templateOf>): string | undefined => template?.spec?.containers[0]?.image

/**
 * Of a pipeline without a record, which an operator before this one made, or whose status was lost:
 * the image of most of its parts, since one that gave a version up runs the one before.
 */
const liveImage = (pipeline: OrderPipeline, children: readonly ChildObject[]): string | undefined => {
  const images = servedParts(pipeline.spec).flatMap((part) => {
    const live = livePart(pipeline, part, children)
    return imageOf(templateOf(live[live.active])) ?? []
  })
  const count = (image: string): number => images.filter((one) => one === image).length
  return [...images].sort((a, b) => count(b) - count(a))[0]
}

/** `brought`: the image that the operator is set to, with which a new pipeline begins. */
export const servicesImageOf = (pipeline: OrderPipeline, children: readonly ChildObject[], brought: string): string =>
  pipeline.spec.image ?? pipeline.status?.services?.image ?? liveImage(pipeline, children) ?? brought

/**
 * `moveTo`: the image that the next pass is to work with. Undefined where no part runs a program of
 * the services image.
 */
export const servicesStatus = (
  pipeline: OrderPipeline,
  children: readonly ChildObject[],
  brought: string,
  moveTo?: string,
): ServicesStatus | undefined => {
  if (servedParts(pipeline.spec).length === 0) return undefined
  const image = moveTo ?? servicesImageOf(pipeline, children, brought)
  return { image, ...(image === brought ? {} : { available: brought }) }
}

/** Where a pipeline stands in a move that the operator makes by itself. */
export type Move =
  /** Nothing to move, or not by itself. */
  | 'none'
  /** It would move, if it were its turn. */
  | 'due'
  /** Its record names the operator's image, and a part has yet to prove itself with it. */
  | 'moving'

/** `usual`: for pipelines that do not say how they are updated. */
export const moveOf = (
  pipeline: OrderPipeline,
  children: readonly ChildObject[],
  brought: string,
  usual: Updates,
): Move => {
  const { spec, metadata, status } = pipeline
  const parts = servedParts(spec)
  if (spec.image !== undefined || (spec.updates ?? usual) !== 'Automatic' || parts.length === 0) return 'none'
  if (metadata.deletionTimestamp !== undefined || spec.suspend === true) return 'none'
  const image = servicesImageOf(pipeline, children, brought)
  if (image === brought) {
    const recorded = status?.services?.image === brought
    return recorded && parts.some((part) => isBehind(pipeline, part, children, brought)) ? 'moving' : 'none'
  }
  // Only what works is moved, so that a failure after it is the new version's.
  const works = status?.conditions?.some(
    (one) => one.type === 'RolledOut' && one.status === 'True' && one.observedGeneration === metadata.generation,
  )
  return works === true && parts.every((part) => isSettled(pipeline, part, children)) ? 'due' : 'none'
}

const isSettled = (pipeline: OrderPipeline, part: string, children: readonly ChildObject[]): boolean =>
  !isBeingTried(livePart(pipeline, part, children))

/** A part that was there with another image; one that is new has nothing to move from. */
const isBehind = (pipeline: OrderPipeline, part: string, children: readonly ChildObject[], image: string): boolean => {
  const live = livePart(pipeline, part, children)
  const current = live[live.active]
  const stable = current && stableTemplate(current)
  return stable !== undefined && imageOf(stable) !== image
}
