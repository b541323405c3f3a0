// How is containerd configured to run next to any other containerd, on a machine without Docker's
// privileges? Pure.
import { nodePaths } from './config.ts'
import type { NodeConfig } from './config.ts'
import { imageName } from './image-names.ts'

function text(value: string) {
  return JSON.stringify(value)
}

export function containerdConfig(config: NodeConfig): string {
  const paths = nodePaths(config)
  return `version = 4
root = ${text(paths.containerdRoot)}
state = ${text(paths.containerdState)}
imports = []
oom_score = 0
# Registries, host integration and other snapshotters: nothing of them is used here.
disabled_plugins = [
  'io.containerd.nri.v1.nri',
  'io.containerd.internal.v1.opt',
  'io.containerd.internal.v1.tracing',
  'io.containerd.tracing.processor.v1.otlp',
  'io.containerd.image-verifier.v1.bindir',
  'io.containerd.snapshotter.v1.blockfile',
  'io.containerd.snapshotter.v1.erofs',
  'io.containerd.snapshotter.v1.native',
]

[plugins.'io.containerd.server.v1.grpc']
  address = ${text(paths.containerdSocket)}

[plugins.'io.containerd.server.v1.ttrpc']
  address = ${text(`${paths.containerdSocket}.ttrpc`)}

[plugins.'io.containerd.shim.v1.manager']
  socket_dir = ${text(paths.shimSockets)}

[plugins.'io.containerd.metadata.v1.bolt']
  # Loses seconds of a local cluster's bookkeeping in a power cut; saves an fsync for each of a pod's dozen records.
  no_sync = true

[plugins.'io.containerd.cri.v1.images']
  snapshotter = 'overlayfs'

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = ${text(imageName('pause'))}

[plugins.'io.containerd.cri.v1.runtime']
  disable_apparmor = true
  # Without CAP_SYS_RESOURCE a score cannot be lowered and the sandbox would fail ("can't get final child's PID").
  restrict_oom_score_adj = true
  # Under our own directory, so that removal can tell its namespaces from anyone else's.
  netns_mounts_under_state_dir = true
  # Every second by default, by a call to each pod's shim: a hundred idle pods cost half a core. The kubelet measures by itself.
  stats_collect_period = '24h'
  stats_retention_period = '48h'

[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = [${text(config.tools.cniPlugins)}]
  conf_dir = ${text(paths.cniConfig)}
  use_internal_loopback = true

[plugins.'io.containerd.cri.v1.runtime'.containerd]
  default_runtime_name = 'runc'

# Its shim is looked up on the PATH (nodePaths.programs): a path given here is forgotten when containerd takes up running pods again.
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = 'io.containerd.runc.v2'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  BinaryName = ${text(config.tools.runc)}
  Root = ${text(paths.runcState)}
  SystemdCgroup = false
`
}
