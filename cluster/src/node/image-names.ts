// What are the images called that are made here from executables of the tool cache? No registry has
// them: `.local` never resolves. The tag is the tool's version, so that a new version is imported.
import { versions } from '../tools/versions.ts'

export type NodeImage = 'pause' | 'coredns' | 'keda-operator' | 'keda-metrics-apiserver' | 'metrics-server'

const tags: Record<NodeImage, string> = {
  pause: '1',
  coredns: versions.coredns,
  'keda-operator': versions.keda,
  'keda-metrics-apiserver': versions.keda,
  'metrics-server': versions.metricsServer,
}

export function imageName(image: NodeImage): string {
  return `orderpipeline.local/${image}:${tags[image]}`
}
