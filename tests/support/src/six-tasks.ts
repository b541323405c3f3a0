// How does a test have the six tasks of the console done? By their script, in a process of its own
// that gets the address which the terminal prints, and nothing else.
import { execFile } from 'node:child_process'
import { join } from 'node:path'

const script = join(import.meta.dirname, '../../../console/src/testing/tasks/main.ts')
const deadlineMs = 900_000

export const taskNames = ['bottleneck', 'whySoMany', 'order', 'better', 'replay', 'link'] as const
export type TaskName = (typeof taskNames)[number]
export const mostClicks = 3

interface Took<Answer> {
  readonly clicks: number
  readonly keys: number
  readonly answer: Answer
}

export interface TaskReport {
  /** The order that one task is about. */
  readonly order: string
  readonly tasks: {
    readonly bottleneck: Took<{ readonly stage: string; readonly sentence: string }>
    readonly whySoMany: Took<{
      readonly stage: string
      readonly replicas: number
      readonly reasons: readonly string[]
      readonly lastChange: string
    }>
    readonly order: Took<{ readonly status: string; readonly waits: string; readonly events: readonly string[] }>
    readonly better: Took<string>
    readonly replay: Took<{ readonly cause: string; readonly message: string; readonly replayed: number }>
    readonly link: Took<{
      readonly link: string
      readonly heading: string
      readonly seen: string
      readonly acts: boolean
    }>
  }
  /** What the browser complained of. */
  readonly complaints: readonly string[]
}

/** `orders`: of the burst; `failing`: while the provider fails. @throws with what it printed */
export function sixTasks(address: string, load: { orders: number; failing: number }): Promise<TaskReport> {
  const args = [script, address, '--orders', String(load.orders), '--failing', String(load.failing)]
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, args, { timeout: deadlineMs }, (error, stdout, stderr) => {
      if (error) reject(new Error(`the six tasks: ${error.message}\n${stderr}`, { cause: error }))
      else resolve(JSON.parse(stdout) as TaskReport)
    })
    child.stderr?.on('data', (text: string) => void process.stderr.write(text))
  })
}

/** Those that took more, by name. */
export function tooManyClicks({ tasks }: TaskReport): Partial<Record<TaskName, number>> {
  const counts = taskNames.map((name) => [name, tasks[name].clicks] as const)
  return Object.fromEntries(counts.filter(([, clicks]) => clicks > mostClicks))
}

/**
 * Values for the payment stage: one failed call is one message's end, and no failed call stops the
 * others. With the values of the example hours would pass until the provider's faults are dead
 * letters.
 */
export const impatientPayment = {
  retry: { attempts: 1, backoffSeconds: 1 },
  env: [
    { name: 'PAYMENT_RETRY_ATTEMPTS', value: '1' },
    { name: 'PAYMENT_BREAKER_WINDOW', value: '1000' },
    { name: 'PAYMENT_BREAKER_MIN_CALLS', value: '1000' },
    { name: 'PAYMENT_BREAKER_FAILURE_PERCENT', value: '100' },
  ],
} as const
