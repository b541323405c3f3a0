// npm run build: which images are made, and how?
import { parseArgs } from 'node:util'
import { buildDockerImages, buildImages, bundleImages, BundleError, PackError } from './index.ts'

const help = `Builds the images of the services and of the operator.

  npm run build                 bundles the programs and packs an OCI archive of each image (Linux; needs no Docker)
  npm run build -- --bundle     bundles only, into images/dist: what the Dockerfile and Tilt copy
  npm run build -- --docker     bundles and runs docker build; prints every name of each image
      --registry <prefix>       names them for a registry besides, as registry.example.com/orderpipeline
      --tag <tag>               their tag there (default: the hash of the content)
      --platform <list>         for other processors, as docker build takes it: linux/amd64,linux/arm64

  --out <folder>                where everything goes (default: images/dist)
  --help                        this

An image's tag is the hash of its content: building twice gives the same image, and the second time takes a second.
`

function say(line: string): void {
  void process.stderr.write(`${line}\n`)
}

async function main(): Promise<number> {
  const flags = {
    bundle: { type: 'boolean' },
    docker: { type: 'boolean' },
    registry: { type: 'string' },
    tag: { type: 'string' },
    platform: { type: 'string' },
    out: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const
  const { values } = parseArgs({ options: flags })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const dockerOnly = (['registry', 'tag', 'platform'] as const).filter((name) => values[name] !== undefined)
  if (!values.docker && dockerOnly.length > 0) {
    say(`--${dockerOnly.join(', --')}: only with --docker\n\n${help}`)
    return 2
  }
  const options = { log: say, ...(values.out === undefined ? {} : { outDir: values.out }) }
  if (values.bundle) await bundleImages(options)
  else if (values.docker) {
    const { registry, tag, platform } = values
    const images = await buildDockerImages({ ...options, registry: registry?.replace(/\/+$/, ''), tag, platform })
    for (const { names } of images) process.stdout.write(`${names.join(' ')}\n`)
  } else {
    for (const { name, tar } of await buildImages(options)) process.stdout.write(`${name} ${tar}\n`)
  }
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  const expected = error instanceof BundleError || error instanceof PackError
  const wrongFlag = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  if (!expected && !wrongFlag) throw error
  say(wrongFlag ? `${error.message}\n\n${help}` : error.message)
  process.exitCode = wrongFlag ? 2 : 1
}
