// Why is an object left as it is, with every object that depends on it?
import type { ConditionReason } from '../../api/index.ts'

/** Why an object, and every object that depends on it, is left as it is. */
export interface Cause {
  readonly reason: ConditionReason
  /** Such as `ServiceAccount shop-payment`. */
  readonly what: string
}

/** By the identity of an object, or of the external Kafka cluster. */
export type Blocked = ReadonlyMap<string, Cause>
