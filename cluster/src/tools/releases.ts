// What do the tools' own projects publish ready-made, and where? As data: the official address of
// each file, that of its SHA-256, and where in it the executables are. What is not here is built:
// metrics-server and KEDA publish images only. Pure.
import type { Artifact, Release } from '../downloads/release.ts'
import type { ToolName } from './recipes.ts'
import { versions } from './versions.ts'

export interface Platform {
  readonly os: string
  readonly arch: string
}

const architectures: Record<string, string> = { x64: 'amd64', arm64: 'arm64' }

/** Platform of this machine, by the releases' names. */
export function thisPlatform(): Platform {
  return {
    os: process.platform,
    arch: architectures[process.arch] ?? process.arch,
  }
}

const kubePrograms = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'kubelet',
  'kubectl',
] as const

function github(repository: string, version: string, file: string) {
  return `https://github.com/${repository}/releases/download/v${version}/${file}`
}

/** Nothing where the project publishes nothing for this platform. */
export function releaseOf(tool: ToolName, { os, arch }: Platform): Release | undefined {
  if (!['amd64', 'arm64'].includes(arch) || !['linux', 'darwin'].includes(os)) return undefined
  const make = releases[tool]
  return make?.(os, arch)
}

const releases: Partial<Record<ToolName, (os: string, arch: string) => Release | undefined>> = {
  kube: (os, arch) =>
    os === 'linux'
      ? { artifacts: kubePrograms.map((program) => kubernetes(program, os, arch)), programs: true }
      : undefined,
  kubectl: (os, arch) => ({ artifacts: [kubernetes('kubectl', os, arch)] }),
  containerd: (os, arch) => containerd(os, arch),
  'containerd-shim-runc-v2': (os, arch) => containerd(os, arch),
  ctr: (os, arch) => containerd(os, arch),
  coredns: (os, arch) => {
    const url = github('coredns/coredns', versions.coredns, `coredns_${versions.coredns}_${os}_${arch}.tgz`)
    return { artifacts: [{ url, sums: `${url}.sha256`, executables: { coredns: 'coredns' } }] }
  },
  helm: (os, arch) => helm('helm', versions.helm, os, arch),
  helm3: (os, arch) => helm('helm3', versions.helm3, os, arch),
  kind: (os, arch) => {
    const url = github('kubernetes-sigs/kind', versions.kind, `kind-${os}-${arch}`)
    return { artifacts: [{ url, sums: `${url}.sha256sum`, executables: 'kind' }] }
  },
  k6: (os, arch) => {
    const name = `k6-v${versions.k6}-${os === 'darwin' ? 'macos' : os}-${arch}`
    const suffix = os === 'darwin' ? 'zip' : 'tar.gz'
    if (suffix === 'zip') return undefined
    const url = github('grafana/k6', versions.k6, `${name}.${suffix}`)
    const sums = github('grafana/k6', versions.k6, `k6-v${versions.k6}-checksums.txt`)
    return { artifacts: [{ url, sums, executables: { k6: `${name}/k6` } }] }
  },
}

function kubernetes(program: string, os: string, arch: string): Artifact {
  const url = `https://dl.k8s.io/release/v${versions.kube}/bin/${os}/${arch}/${program}`
  return { url, sums: `${url}.sha256`, executables: program }
}

/**
 * The one that is linked with nothing, so that it runs on any distribution; all three tools are in
 * it.
 */
function containerd(os: string, arch: string): Release | undefined {
  if (os !== 'linux') return undefined
  const file = `containerd-static-${versions.containerd}-${os}-${arch}.tar.gz`
  const url = github('containerd/containerd', versions.containerd, file)
  const names = ['containerd', 'containerd-shim-runc-v2', 'ctr']
  const executables = Object.fromEntries(names.map((name) => [name, `bin/${name}`]))
  return { artifacts: [{ url, sums: `${url}.sha256sum`, executables }] }
}

function helm(tool: string, version: string, os: string, arch: string): Release {
  const url = `https://get.helm.sh/helm-v${version}-${os}-${arch}.tar.gz`
  return { artifacts: [{ url, sums: `${url}.sha256sum`, executables: { [tool]: `${os}-${arch}/helm` } }] }
}
