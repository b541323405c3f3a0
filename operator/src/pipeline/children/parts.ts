// Which parts of a pipeline are scaled? The gateway, if there is one, and every stage.
import type { OrderPipelineSpec, OrderPipelineStatus, ReplicaCounts, Scaling, StageStatus } from '../../api/index.ts'
import { gatewayName } from './names.ts'

export interface Part {
  /** A stage's name, or `gateway`. */
  readonly name: string
  readonly scaling: Scaling
}

export function partsOf({ gateway, stages }: OrderPipelineSpec): Part[] {
  return [...(gateway ? [{ name: gatewayName, scaling: gateway.scaling }] : []), ...stages]
}

/** The status of a part; undefined when it has none yet. */
export function figuresOf(
  status: OrderPipelineStatus | undefined,
  part: string,
): (ReplicaCounts & Partial<StageStatus>) | undefined {
  return part === gatewayName ? status?.gateway : status?.stages?.find(({ name }) => name === part)
}
