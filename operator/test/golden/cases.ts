// Which pipelines have a file of the objects that they become? Each fixture and example, with the
// file that holds its objects.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import type { OrderPipeline } from '../../src/api/index.ts'
import { desired } from '../../src/pipeline/index.ts'

const root = join(import.meta.dirname, '..', '..', '..')

export const cases = [
  { name: 'minimal', pipeline: join(root, 'crds/fixtures/minimal.yaml') },
  { name: 'regular', pipeline: join(root, 'crds/fixtures/regular.yaml') },
  ...[
    'scaling',
    'topics',
    'rollouts',
    'suspended',
    'external-kafka',
    'strimzi-listener',
    'several-topics',
    'flow',
    'strimzi-user',
    'external-kafka-client-certificate',
    'template',
    'slo',
    'priorities',
  ].map((name) => ({
    name,
    pipeline: join(root, `crds/fixtures/${name}.yaml`),
  })),
  { name: 'shop', pipeline: join(root, 'examples/shop.yaml') },
  { name: 'shop-extended', pipeline: join(root, 'examples/shop-extended.yaml') },
].map((one) => ({ ...one, objects: join(import.meta.dirname, `${one.name}.objects.yaml`) }))

const settings = {
  servicesImage: 'orderpipeline/services:1.0.0',
  imagePullPolicy: 'IfNotPresent',
  serviceDomain: 'svc',
  prometheusUrl: 'http://prometheus.monitoring:9090',
  flowScalerUrl: 'http://orderpipeline-operator-scaler.orderpipeline.svc:8081',
}

/** The objects of a pipeline file, as a new cluster would get them, without their fingerprints. */
export function objectsOf(pipelineFile: string): unknown[] {
  const { metadata, ...rest } = parse(readFileSync(pipelineFile, 'utf8')) as OrderPipeline
  const pipeline = {
    ...rest,
    metadata: { ...metadata, namespace: 'default', uid: '00000000-0000-0000-0000-000000000001' },
  }
  return desired(pipeline, [], settings).map(
    ({ apiVersion, kind, metadata: { annotations = {}, ...meta }, ...object }) => {
      const { 'orderpipeline.dev/fingerprint': _dropped, ...others } = annotations
      const metadata = { ...meta, ...(Object.keys(others).length > 0 ? { annotations: others } : {}) }
      return { apiVersion, kind, metadata, ...object }
    },
  )
}

export function asYaml(objects: readonly unknown[]): string {
  return objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n')
}
