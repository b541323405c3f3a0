// Does the spec say who may call its gateway? A built-in gateway without that setting does not
// start.
import type { OrderPipelineSpec } from '../../api/index.ts'
import { runsBuiltIn } from '../kafka/choreography.ts'

/** `AUTH_ALGORITHMS` comes with every kind of authentication, `AUTH` turns it off. */
const authVariables = ['AUTH', 'AUTH_ALGORITHMS']

/** What is missing; a custom image authenticates its callers itself. */
export function missingAuthentication({ gateway }: OrderPipelineSpec): string | undefined {
  return !gateway || !runsBuiltIn(gateway) || (gateway.env ?? []).some(({ name }) => authVariables.includes(name))
    ? undefined
    : 'spec.gateway.env has neither AUTH_ALGORITHMS (docs/guides/gateway.md) nor AUTH=none: the built-in gateway does not ' +
        'start without one of them, and an older one accepts orders for any customer id that a caller sends'
}
