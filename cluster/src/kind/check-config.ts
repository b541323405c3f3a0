// Does kind itself understand kind-config.yaml? Its own strict decoder says, before it looks for Docker: a field it does not
// know, or a value of a wrong kind, is refused. Run by hand after a change: node cluster/src/kind/check-config.ts
import { CommandFailed, run } from '../process/run.ts'
import { ensureTool } from '../tools/index.ts'
import { configFile } from './cluster.ts'

const kind = await ensureTool('kind', { note: (text) => process.stderr.write(`${text}\n`), expect: () => undefined })
// With nothing on the PATH there is no Docker, so nothing is made.
const env = { PATH: '/nonexistent', KIND_EXPERIMENTAL_PROVIDER: 'docker' }
const outcome = await run(kind, ['create', 'cluster', '--config', configFile], { timeoutMs: 20_000, env }).catch(
  (error: unknown) => {
    if (error instanceof CommandFailed) return error
    throw error
  },
)
const said = outcome instanceof CommandFailed ? outcome.output : outcome.stderr
const refused = !/docker/.test(said) || /decode config|invalid configuration/.test(said)
process.stdout.write(refused ? said : `kind understands ${configFile}\n`)
process.exitCode = refused ? 1 : 0
