// npm run build:examples: which images do the examples need that `npm run build` does not make? The
// one in Go, which needs a Go toolchain (one on the machine, or one that is installed next to the
// other tools of the local cluster).
import { recommendationsArchive } from '@orderpipeline/cluster/examples'

function say(line: string): void {
  void process.stderr.write(`${line}\n`)
}
const { name, tar } = await recommendationsArchive({ note: say, expect: () => undefined })
process.stdout.write(`${name} ${tar}\n`)
