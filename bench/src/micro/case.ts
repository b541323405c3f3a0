// What is a case of the microbenchmarks? A function of this project with data as in a shop, without
// I/O.
import type { Tree } from './tree.ts'

export interface MicroCase {
  /** `<subject>: <what it does>`. */
  readonly name: string
  /** @throws MissingSubjectError where the checkout does not have what is measured */
  readonly prepare: (tree: Tree) => Promise<Workload>
}

export interface Workload {
  /** Operations of one run, so many that a run takes about a millisecond or more. */
  readonly operations: number
  /**
   * Runs all of them; returns the operations whose result was as expected, so that a case which
   * does nothing any more is noticed.
   */
  readonly run: () => number | Promise<number>
}
