// Which alerts are there? All groups, in the order in which the runbooks show them.
import type { AlertGroup } from './alert.ts'
import { gateway } from './gateway.ts'
import { operator } from './operator.ts'
import { orders } from './orders.ts'
import { paymentComparison } from './payment-comparison.ts'
import { stages } from './stages.ts'

export type { Alert, AlertGroup, Example, Runbook } from './alert.ts'
export { objectiveAlerts, type ObjectiveAlert, type ObjectiveCase } from './objectives.ts'
export const alertGroups: readonly AlertGroup[] = [stages, orders, paymentComparison, gateway, operator]
