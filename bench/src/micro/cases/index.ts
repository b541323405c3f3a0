// Which cases do the microbenchmarks have? A new one goes to the end of its subject.
import type { MicroCase } from '../case.ts'
import { codecCases } from './codec.ts'
import { executorCases, offsetTrackerCases } from './kafka.ts'
import { operatorCases } from './operator.ts'
import { validationCases } from './validation.ts'

export const microCases: readonly MicroCase[] = [
  ...codecCases,
  ...validationCases,
  ...executorCases,
  ...offsetTrackerCases,
  ...operatorCases,
]
