// What would a program load at its start, though it needs it late or never? An HTTP client that
// Node and a dependency each bring, and a WebAssembly module. Together they take 20 MB of every
// process.
import type { Plugin } from 'esbuild'

/**
 * Node's own HTTP module, by require: an import reads all its exports, and reading `WebSocket`
 * loads Node's copy of undici.
 */
const nodeHttp = { filter: /^(node:)?http$/, namespace: 'node-http', source: `module.exports = require('node:http')` }

/**
 * undici as a dependency of the Kubernetes client, which passes requests of its typed clients to
 * it. Programs take nothing but credentials from that client; their requests are their own
 * (packages/kube).
 */
const undici = {
  filter: /^undici$/,
  importer: '/node_modules/@kubernetes/client-node/',
  namespace: 'no-undici',
  source: [
    `const refuse = () => { throw new Error('the typed clients of @kubernetes/client-node are not part of images') }`,
    `module.exports = { Agent: class { constructor() { refuse() } }, fetch: refuse }`,
    `module.exports.ProxyAgent = module.exports.Agent`,
  ].join('\n'),
}

/** The codecs of the Kafka client and its checksum, compiled when a message first needs them. */
const codecs = {
  filter: /^@platformatic\/wasm-utils$/,
  namespace: 'lazy-codecs',
  // The other entry reads a file next to itself, which a bundle has not.
  source: [
    `let codecs`,
    `const load = () => (codecs ??= require('@platformatic/wasm-utils/bundled'))`,
    ...['crc32c', 'lz4Compress', 'lz4Decompress', 'snappyCompress', 'snappyDecompress'].map(
      (name) => `exports.${name} = (data) => load().${name}(data)`,
    ),
  ].join('\n'),
}

/** `root`: of the repository, whose node_modules hold the dependencies. */
export function lazyParts(root: string): Plugin {
  return {
    name: 'lazy-parts',
    setup(build) {
      build.onResolve({ filter: nodeHttp.filter }, ({ kind, path }) =>
        kind === 'import-statement' ? { path, namespace: nodeHttp.namespace } : undefined,
      )
      build.onResolve({ filter: undici.filter }, ({ importer, path }) =>
        importer.includes(undici.importer) ? { path, namespace: undici.namespace } : undefined,
      )
      build.onResolve({ filter: codecs.filter }, ({ path }) => ({ path, namespace: codecs.namespace }))
      for (const { namespace, source } of [nodeHttp, undici, codecs])
        build.onLoad({ filter: /.*/, namespace }, () => ({ contents: source, resolveDir: root }))
    },
  }
}
