// Which process watches the cluster's processes once the command that started them has ended? This
// one, detached from any terminal: `main.ts <directory> <socket>`. It runs until it receives the
// request to close, or SIGTERM.
import { appendFileSync, chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { endLeftovers } from '../leftovers.ts'
import { identify } from '../pid.ts'
import { ProcessTable } from '../process-table.ts'
import { restartAfter } from '../restart-policy.ts'
import { files, protocolVersion } from './protocol.ts'
import type { CallName, Calls } from './protocol.ts'

const [dir, socket] = process.argv.slice(2)
if (!dir || !socket) throw new Error('usage: main.ts <directory> <socket>')

mkdirSync(dir, { recursive: true })
await endLeftovers(dir)
writeFileSync(join(dir, files.pid), JSON.stringify(identify(process.pid)))

const table = new ProcessTable({
  dir,
  env: process.env,
  diesWithParent: false,
  restart: (deaths) => restartAfter(deaths, Date.now(), Math.random()),
  onDeath(death, restart) {
    appendFileSync(join(dir, files.deaths), JSON.stringify({ ...death, restart }) + '\n')
  },
})

const handlers: { [Name in CallName]: (input: Calls[Name]['input']) => Promise<Calls[Name]['output']> } = {
  hello: () => Promise.resolve({ protocol: protocolVersion, pid: process.pid }),
  start: (spec) => table.start(spec).then(() => null),
  stop: ({ name, signal }) => table.stop(name, signal ? { signal } : {}).then(() => null),
  list: () => table.list(),
  close: () => table.close().then(() => null),
}

const server = createServer((request, response) => {
  const name = request.url?.slice(1) as CallName
  const respond = (status: number, body: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (name === 'close') response.once('finish', leave)
  }
  if (!Object.hasOwn(handlers, name)) return respond(404, { message: `unknown call ${name}` })
  bodyOf(request)
    .then((input) => (handlers[name] as (input: unknown) => Promise<unknown>)(input))
    .then(
      (output) => respond(200, output),
      (error: unknown) => respond(500, { message: error instanceof Error ? error.message : String(error) }),
    )
})
server.requestTimeout = 10_000 // for receiving it; an answer may take as long as a process needs to become ready

rmSync(socket, { force: true })
server.listen(socket, () => chmodSync(socket, 0o600))
setInterval(() => table.shortenLogs(), 60_000).unref()
process.on('SIGTERM', () => void table.close().finally(leave))
process.on('SIGINT', () => undefined)
process.on('SIGHUP', () => undefined)

function leave(): void {
  rmSync(socket ?? '', { force: true })
  rmSync(join(dir ?? '', files.pid), { force: true })
  process.exit(0)
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString('utf8'))
}
