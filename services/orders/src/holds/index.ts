// What does the gateway offer the staff about held orders, and what does time decide?
export { decideHeld, type DecidedHold, type HoldDecision } from './decide-held.ts'
export { decideDueHolds, type DecidedByTime, type DueHoldsCheck } from './due-holds.ts'
export { heldPage, type HeldOrderView } from './held-page.ts'
export { holdCounter, type CountDecision } from './metrics.ts'
export type { AtDue } from './settings.ts'
