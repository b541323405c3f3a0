// What does the gateway keep, and show, of what the staff does with orders?
export { staffActs, type StaffAct, type StaffMember } from './acts.ts'
export { staffHistory, type HoldView, type StaffHistory } from './history.ts'
export { createLooks, type Looks, type LooksOptions } from './looks.ts'
