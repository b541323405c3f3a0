// npm run bench -- <name>: the figures of the README, each measured against a named alternative in
// the same run. Without a name the comparisons of bench/RESULTS.md are run.
import { Command, Option } from 'commander'
import { collected, upTo, whole } from './arguments.ts'
import { autoscalingCommand } from './autoscaling/command.ts'
import { benchCapacity } from './capacity.ts'
import { benchConsole } from './console/index.ts'
import { benchFailover } from './failover.ts'
import { benchFlashSale } from './flash-sale/index.ts'
import { benchFirstStart } from './idle/first-start.ts'
import { benchIdle } from './idle/index.ts'
import { benchRunningShop } from './idle/running.ts'
import { benchIntake } from './intake.ts'
import { kafkaClientCommand } from './kafka-client/command.ts'
import { microCommand } from './micro/command.ts'
import { benchMonthTwo } from './month-two/index.ts'
import { benchPeak } from './peak/index.ts'
import { print } from './print.ts'
import { benchScaling } from './scaling/index.ts'
import { benchSimulate } from './simulate.ts'
import { benchOperator } from './operator/index.ts'
import { resultsCommand } from './results/command.ts'
import { benchStorage } from './storage/index.ts'
import { benchSyncAsync } from './sync-async/index.ts'
import { benchWorkers } from './workers.ts'

interface IdleArguments extends Record<'starts' | 'idle' | 'load' | 'burst', number> {
  readonly rates: readonly number[]
  readonly running?: true
  readonly json?: true
}

interface PeakArguments extends Record<'rate' | 'minutes' | 'latency', number> {
  readonly seconds?: number
  readonly policy?: 'lag' | 'flow'
  readonly minReplicas?: number
  readonly up: boolean
  readonly json?: true
}

interface SyncAsyncArguments extends Record<'rate' | 'seconds' | 'customers' | 'orders', number> {
  readonly priorities?: true
  readonly json?: true
}

const defaultRates: readonly number[] = [300, 3_000]
const defaultReplicas: readonly number[] = [1, 5, 20, 100]
const defaultPools: readonly number[] = [2, 5, 10, 20]
function say(line: string): void {
  void process.stderr.write(`${line}\n`)
}
const program = new Command('bench')
  .description('Measures what the README says, on this machine; without a command: results')
  .showHelpAfterError()
  .addCommand(resultsCommand(say), { isDefault: true })
  .addCommand(microCommand(say))
  .addCommand(kafkaClientCommand(say))
  .addCommand(autoscalingCommand(say))

program
  .command('intake')
  .description('orders made durable per second by one process: many to a commit, against one to a commit')
  .option('--orders <n>', 'orders of each way', whole, 20_000)
  .option('--waiting <n>', 'orders asked for at once', whole, 500)
  .option('--json', 'the result as JSON on standard output')
  .action(async (options: { orders: number; waiting: number; json?: true }) => {
    print(await benchIntake({ orders: options.orders, waiting: options.waiting, say }), options.json)
  })

program
  .command('idle')
  .description(
    'the shop of npm start: seconds to its first shipped order, its processor time when little happens, and the memory of a replica (Linux only)',
  )
  .option('--running', 'only the idle phase, of the shop that runs already: processor time and memory of each part')
  .option('--starts <n>', 'warm starts', whole, 3)
  .option('--idle <seconds>', 'duration of the idle phase', whole, 60)
  .option('--rates <n...>', 'orders a minute, one measurement each', wholes, defaultRates)
  .option('--load <seconds>', 'duration of each measurement', whole, 60)
  .option('--burst <n>', 'orders before the memory is read', whole, 5_000)
  .option('--json', 'the result as JSON on standard output')
  .action(async (options: IdleArguments) => {
    const { starts, idle, rates, load, burst } = options
    if (options.running) print(await benchRunningShop({ seconds: idle, say }), options.json)
    else print(await benchIdle({ starts, idleSeconds: idle, rates, loadSeconds: load, burst, say }), options.json)
  })

program
  .command('first-start')
  .description('npm start in a fresh clone with empty caches: seconds to its first shipped order, and the second time')
  .option('--json', 'the result as JSON on standard output')
  .action(async (options: { json?: true }) => {
    print(await benchFirstStart({ say }), options.json)
  })

program
  .command('console')
  .description('the console in a browser: first paint, and from a change in the cluster to the page')
  .option('--opens <n>', 'how often the page is opened', whole, 20)
  .option('--changes <n>', 'changes of each kind', whole, 40)
  .option('--viewers <n>', 'other viewers of the second half', whole, 50)
  .option('--json', 'the result as JSON on standard output')
  .action(async (options: Record<'opens' | 'changes' | 'viewers', number> & { json?: true }) => {
    const { opens, changes, viewers } = options
    print(await benchConsole({ opens, changes, viewers, say }), options.json)
  })

program
  .command('capacity')
  .description(
    'rows, bytes and processor time of an order, and the rate of the relay: what orderpipeline capacity uses',
  )
  .option('--orders <n>', 'orders through the whole platform', whole, 2_000)
  .option('--relayed <n>', 'orders that wait for the relay', whole, 20_000)
  .option('--json', 'the result as JSON on standard output')
  .action(async (options: { orders: number; relayed: number; json?: true }) => {
    print(await benchCapacity({ orders: options.orders, relayed: options.relayed, say }), options.json)
  })

program
  .command('month-two')
  .description(
    'intake, orders stage and pruning with the rows of 30 days at 10,000 orders a minute, against an empty database',
  )
  .option('--divisor <n>', 'the rows of 30 days divided by this', whole, 400)
  .option('--orders <n>', 'orders per round', whole, 10_000)
  .option('--rounds <n>', 'rounds on each database', whole, 5)
  .option('--json', 'the result as JSON on standard output')
  .action(async (options: Record<'divisor' | 'orders' | 'rounds', number> & { json?: true }) => {
    const { divisor, orders, rounds } = options
    print(await benchMonthTwo({ divisor, orders, rounds, say }), options.json)
  })

program
  .command('storage')
  .description(
    'intake, orders stage, reads and pruning with many orders: by size of the pool, without each index, and without months',
  )
  .option('--orders <n>', 'orders in the database', upTo(100_000_000), 10_000_000)
  .option('--sample <n>', 'orders of a measurement', whole, 10_000)
  .option('--rounds <n>', 'measurements of each way', whole, 3)
  .option('--pool <n...>', 'connections, one row each', wholes, defaultPools)
  .option('--json', 'the result as JSON on standard output')
  .action(
    async (options: Record<'orders' | 'sample' | 'rounds', number> & { pool: readonly number[]; json?: true }) => {
      const { orders, sample, rounds, pool: pools } = options
      print(await benchStorage({ orders, sample, rounds, pools, say }), options.json)
    },
  )

program
  .command('failover')
  .description(
    'the primary of PostgreSQL is killed under load: commits that wait for the standby, against those that do not',
  )
  .option('--orders <n>', 'orders accepted before the primary is killed', whole, 10_000)
  .option('--clients <n>', 'clients that each wait for their answer', whole, 200)
  .option('--rounds <n>', 'failovers of each way', whole, 5)
  .option('--json', 'the result as JSON on standard output')
  .action(async (options: Record<'orders' | 'clients' | 'rounds', number> & { json?: true }) => {
    const { orders, clients, rounds } = options
    print(await benchFailover({ orders, clients, rounds, say }), options.json)
  })

program
  .command('peak')
  .description('a steady rate on the local cluster for long: times, processors, memory, connections and lag')
  .option('--rate <n>', 'orders a minute', whole, 10_000)
  .option('--minutes <n>', 'duration', whole, 30)
  .option('--seconds <n>', 'instead of minutes', whole)
  .option('--latency <ms>', 'how long a charge takes', whole, 10)
  .addOption(new Option('--policy <name>', 'what the stages are scaled on meanwhile').choices(['lag', 'flow']))
  .option('--min-replicas <n>', 'of each stage meanwhile, instead of what the pipeline says', whole)
  .option('--no-up', 'the cluster as it is, without npm run up before')
  .option('--json', 'the result as JSON on standard output')
  .action(async (options: PeakArguments) => {
    const { rate, minutes, seconds = minutes * 60, latency, policy, minReplicas, up } = options
    const settings = { perMinute: rate, seconds, latencyMs: latency, policy, minReplicas, up, say }
    print(await benchPeak(settings), options.json)
  })

program
  .command('workers')
  .description("payments of a fixed time by 1, 5, 20 and 100 replicas of one slot, against Little's law")
  .option('--replicas <n...>', 'one measurement each', wholes, defaultReplicas)
  .option('--latency <ms>', 'how long a charge takes', whole, 3_000)
  .option('--seconds <n>', 'duration of each measurement', whole, 60)
  .option('--json', 'the result as JSON on standard output')
  .action(async (options: { replicas: readonly number[]; latency: number; seconds: number; json?: true }) => {
    const { replicas, latency, seconds } = options
    print(await benchWorkers({ replicas, latencyMs: latency, seconds, say }), options.json)
  })

program
  .command('simulate')
  .description(
    'a burst of orders with a slow payment provider: as orderpipeline simulate predicts it, against as it is',
  )
  .option('--orders <n>', 'orders in the burst', whole, 12_000)
  .option('--latency <ms>', 'how long a charge takes', whole, 5_000)
  .option('--json', 'the result as JSON on standard output')
  .action(async (options: { orders: number; latency: number; json?: true }) => {
    print(await benchSimulate({ orders: options.orders, latencyMs: options.latency, say }), options.json)
  })

program
  .command('scaling')
  .description(
    'ways to scale the example shop, in the model of orderpipeline simulate: lag, CPU, steps of two, flow, and an oracle',
  )
  .option('--load <text>', 'only loads whose name contains it; repeatable', collected, [])
  .option('--way <name>', 'only this way, lag, CPU, steps or flow, and the oracle; repeatable', collected, [])
  .option('--write', 'the tables into docs/concepts/simulate.md')
  .option('--json', 'the result as JSON on standard output')
  .action(async (options: Record<'load' | 'way', readonly string[]> & { write?: true; json?: true }) => {
    const { load, way, write = false } = options
    print(await benchScaling({ loads: load, ways: way, write, say }), options.json)
  })

program
  .command('operator')
  .description('many pipelines made at once on a real API server, against a bare client that writes the same objects')
  .option('--pipelines <n>', 'pipelines of 5 stages', whole, 1_000)
  .option('--churn <seconds>', 'duration of the edits and reports of replicas', whole, 60)
  .option('--edits <n>', 'edits a second meanwhile', whole, 5)
  .option('--reports <n>', 'reports of replicas a second meanwhile', whole, 20)
  .option('--settled <seconds>', 'duration of counting requests while nothing changes', whole, 60)
  .option('--json', 'the result as JSON on standard output')
  .action(
    async (options: Record<'pipelines' | 'churn' | 'edits' | 'reports' | 'settled', number> & { json?: true }) => {
      const { pipelines, churn, edits, reports, settled } = options
      const rates = { editsPerSecond: edits, reportsPerSecond: reports }
      const lengths = { churnSeconds: churn, settledSeconds: settled }
      print(await benchOperator({ pipelines, ...rates, ...lengths, say }), options.json)
    },
  )

program
  .command('sync-async')
  .description('the same orders through a chain of synchronous HTTP calls and through the platform; about four minutes')
  .option('--rate <n>', 'orders a second of the steady load, for the times', whole, 20)
  .option('--seconds <n>', 'duration of the steady load', whole, 15)
  .option(
    '--customers <n>',
    'customers of the full load, each with one order at a time; also parallel charges',
    whole,
    100,
  )
  .option(
    '--orders <n>',
    'orders of the full load for payments of 10 ms; a fifth of it for payments of 3 s',
    whole,
    3_000,
  )
  .option('--priorities', 'also the platform with classes of orders and lanes in payment; two minutes more')
  .option('--json', 'the result as JSON on standard output')
  .action(async (options: SyncAsyncArguments) => {
    const { rate, seconds, customers, orders, priorities = false } = options
    const ordersAt = new Map([
      [10, orders],
      [3_000, Math.ceil(orders / 5)],
    ])
    const load = { perSecond: rate, steadySeconds: seconds, atOnce: customers, ordersAt, priorities }
    print(await benchSyncAsync({ ...load, say }), options.json)
  })

program
  .command('flash-sale')
  .description(
    'more customers than payments can be made: how many give up before a chain of synchronous calls, and before this platform; about five minutes',
  )
  .option('--rate <n>', 'customers a second', whole, 60)
  .option('--seconds <n>', 'for so long', whole, 20)
  .option('--latency <ms>', 'how long a charge takes', whole, 3_000)
  .option('--workers <n>', 'requests that are served at once, and charges that are made at once', whole, 20)
  .option('--patience <seconds>', 'how long a customer waits for a worker', whole, 10)
  .option('--json', 'the result as JSON on standard output')
  .action(
    async (options: Record<'rate' | 'seconds' | 'latency' | 'workers' | 'patience', number> & { json?: true }) => {
      const { rate, seconds, latency, workers, patience } = options
      const sale = { perSecond: rate, seconds, latencyMs: latency, workers, patienceMs: patience * 1_000 }
      print(await benchFlashSale(sale, say), options.json)
    },
  )

await program.parseAsync()

function wholes(text: string, before: readonly number[]): readonly number[] {
  return [...([defaultRates, defaultReplicas, defaultPools].includes(before) ? [] : before), whole(text)]
}
