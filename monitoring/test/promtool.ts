// How do these tests ask promtool, which decides as Prometheus does?
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { stringify } from 'yaml'

/**
 * Series in promtool's notation by their selectors, and the time of the question, such as `90m`.
 */
export interface Recording {
  readonly series: Readonly<Record<string, string>>
  readonly at: string
}

export interface Expectation {
  readonly expr: string
  readonly samples: readonly { readonly labels: string; readonly value: number }[]
}

/** The text of a test file with one case, a sample each minute. */
export function ruleTest(rulesFile: string, { series, at }: Recording, { expr, samples }: Expectation): string {
  return stringify({
    rule_files: [rulesFile],
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: [{ expr, eval_time: at, exp_samples: samples }],
      },
    ],
  })
}

/** What it prints. @throws where promtool ends with another code than 0 */
export async function promtool(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('promtool', args, { timeout: 120_000 })
  return stdout
}
