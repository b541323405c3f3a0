// Which comparisons does npm run bench run, in which order?
import type { Comparison } from './comparison.ts'
import { httpComparison } from './http/index.ts'
import { intakeComparison } from './intake.ts'
import { monthTwoComparison } from './month-two.ts'
import { operatorComparison } from './operator.ts'
import { acceptComparison, shippedComparison } from './saga.ts'

export const comparisons: readonly Comparison[] = [
  httpComparison(),
  intakeComparison(),
  shippedComparison(),
  acceptComparison(),
  operatorComparison(),
  monthTwoComparison(),
]
