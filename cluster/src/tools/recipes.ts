// How is each tool built? As data: the module of the Go proxy it comes from, the package to build,
// and how long that typically takes on two cores.
import { kedaParts } from './keda-parts.ts'
import type { SourceParts } from './source-parts.ts'
import { versions } from './versions.ts'

const kubernetes = { module: 'k8s.io/kubernetes', version: versions.kube } as const
/** Kubernetes' libraries are published as 0.x for its 1.x. */
const stagingVersion = `0.${versions.kube.split('.').slice(1).join('.')}`

export interface Recipe {
  readonly version: string
  readonly module: string
  /**
   * Package to build: an import path in the module, or `./main`, a main package of our own in
   * tools/go/<folder>.
   */
  readonly package: string
  /** Folder next to this file whose main.go is copied to ./main of the wrapper module. */
  readonly ownMain?: 'kube' | 'coredns' | 'kubectl' | 'tiltfile'
  readonly tags?: readonly string[]
  /** go -X assignments, `package.variable=value`. */
  readonly stamps?: readonly string[]
  /**
   * Modules that the sources replace by a folder of their own repository, and the version they are
   * published under.
   */
  readonly staging?: { readonly prefix: string; readonly version: string }
  /** What of the module's source is needed, where that is not all of it. */
  readonly parts?: SourceParts
  /**
   * A tool of another module with nearly the same libraries. Each is built with the newer version
   * of those that both require: what the first build has compiled, the second need not.
   */
  readonly sharesLibrariesWith?: 'coredns' | 'helm'
  /** Tools of the same module, tags and stamps: missing ones are built together, in one run. */
  readonly alongside?: readonly string[]
  /** On two cores, measured. */
  readonly typicalMs: number
}

function minutes(n: number) {
  return Math.round(n * 60_000)
}

function containerd(command: string, typicalMs: number, alongside: readonly string[] = []): Recipe {
  return {
    alongside,
    version: versions.containerd,
    module: 'github.com/containerd/containerd/v2',
    package: `github.com/containerd/containerd/v2/cmd/${command}`,
    tags: ['no_btrfs', 'no_devmapper', 'no_zfs'],
    stamps: [`github.com/containerd/containerd/v2/version.Version=v${versions.containerd}`],
    typicalMs,
  }
}

function keda(command: string, typicalMs: number, alongside: readonly string[] = []): Recipe {
  return {
    alongside,
    version: versions.keda,
    module: 'github.com/kedacore/keda/v2',
    package: `github.com/kedacore/keda/v2/cmd/${command}`,
    parts: kedaParts,
    stamps: [`github.com/kedacore/keda/v2/version.Version=${versions.keda}`],
    typicalMs,
  }
}

const kubeStamps = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((name) => [
  `${name}.gitVersion=v${versions.kube}`,
  `${name}.gitMajor=${versions.kube.split('.')[0]}`,
  `${name}.gitMinor=${versions.kube.split('.')[1]}`,
])

export const recipes = {
  /**
   * All of Kubernetes in one executable; it is the program that its first argument, or its own
   * name, says.
   */
  kube: {
    version: kubernetes.version,
    module: kubernetes.module,
    package: './main',
    ownMain: 'kube',
    stamps: kubeStamps,
    staging: { prefix: 'k8s.io/', version: `v${stagingVersion}` },
    typicalMs: minutes(4.5),
  },
  'keda-operator': keda('operator', minutes(1.5), ['keda-metrics-apiserver']),
  'keda-metrics-apiserver': keda('adapter', minutes(0.2)),
  containerd: containerd('containerd', minutes(0.8), ['containerd-shim-runc-v2', 'ctr']),
  'containerd-shim-runc-v2': containerd('containerd-shim-runc-v2', minutes(0.2)),
  ctr: containerd('ctr', minutes(0.2)),
  coredns: {
    version: versions.coredns,
    module: 'github.com/coredns/coredns',
    package: './main',
    ownMain: 'coredns',
    sharesLibrariesWith: 'helm',
    typicalMs: minutes(0.8),
  },
  'metrics-server': {
    version: versions.metricsServer,
    module: 'sigs.k8s.io/metrics-server',
    package: 'sigs.k8s.io/metrics-server/cmd/metrics-server',
    typicalMs: minutes(1.6),
  },
  helm: {
    version: versions.helm,
    module: 'helm.sh/helm/v4',
    package: 'helm.sh/helm/v4/cmd/helm',
    stamps: [`helm.sh/helm/v4/internal/version.version=v${versions.helm}`],
    sharesLibrariesWith: 'coredns',
    typicalMs: minutes(0.7),
  },
  helm3: {
    version: versions.helm3,
    module: 'helm.sh/helm/v3',
    package: 'helm.sh/helm/v3/cmd/helm',
    // As its own Makefile does: without these it renders for Kubernetes 1.20, which no chart here
    // takes.
    stamps: [
      `helm.sh/helm/v3/internal/version.version=v${versions.helm3}`,
      ...['chartutil', 'lint/rules'].flatMap((name) => [
        `helm.sh/helm/v3/pkg/${name}.k8sVersionMajor=${versions.kube.split('.')[0]}`,
        `helm.sh/helm/v3/pkg/${name}.k8sVersionMinor=${versions.kube.split('.')[1]}`,
      ]),
    ],
    typicalMs: minutes(1.4),
  },
  /**
   * Where kind brings the rest of Kubernetes: builds on every system, in a quarter of the time of
   * `kube`.
   */
  kubectl: {
    version: stagingVersion,
    module: 'k8s.io/kubectl',
    package: './main',
    ownMain: 'kubectl',
    stamps: kubeStamps,
    typicalMs: minutes(2),
  },
  kind: { version: versions.kind, module: 'sigs.k8s.io/kind', package: 'sigs.k8s.io/kind', typicalMs: minutes(1) },
  /** Evaluates a Tiltfile, for its test. */
  tiltfile: {
    version: versions.starlark,
    module: 'go.starlark.net',
    package: './main',
    ownMain: 'tiltfile',
    typicalMs: minutes(0.2),
  },
  k6: { version: versions.k6, module: 'go.k6.io/k6', package: 'go.k6.io/k6', typicalMs: minutes(3) },
} as const satisfies Record<string, Recipe>

export type ToolName = keyof typeof recipes
