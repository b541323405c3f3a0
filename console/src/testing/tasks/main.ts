// node console/src/testing/tasks/main.ts <address>: the six tasks on the shop whose console is
// there, as `npm start` or `orderpipeline console --allow-writes` prints it. The shop must run on
// this machine. What was done, and in how many clicks, is a line of JSON.
import { parseArgs } from 'node:util'
import { startBrowser } from '../browser.ts'
import { sixTasks } from './six-tasks.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { orders: { type: 'string', default: '2000' }, failing: { type: 'string', default: '40' } },
})
const [address] = positionals
if (address === undefined || !URL.canParse(address)) {
  process.stderr.write(`address: found ${address ?? 'nothing'}; allowed: the console's, with its key\n`)
  process.exit(2)
}
const browser = await startBrowser()
try {
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const report = await sixTasks(browser, {
    ...{ address, say },
    ...{ orders: Number(values.orders), failing: Number(values.failing) },
  })
  process.stdout.write(`${JSON.stringify(report)}\n`)
} finally {
  await browser.close()
}
