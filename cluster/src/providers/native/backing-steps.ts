// Which steps of `up` start Kafka, PostgreSQL and Redis next to the native cluster, and publish
// their addresses in it?
import { strimziCrds, strimziVersion } from '../../backing/index.ts'
import type { Step } from '../../progress/steps.ts'
import { hashOf } from '../hash.ts'
import { applyObjects, exist } from '../kubectl.ts'
import type { Kubectl } from '../kubectl.ts'
import { shopNamespace } from '../product/steps.ts'
import type { Backing, BackingName } from './backing.ts'

const processes: Readonly<Record<BackingName, Pick<Step, 'title' | 'typicalMs' | 'after'>>> = {
  kafka: { title: 'Kafka', typicalMs: 20_000, after: ['network'] },
  postgres: { title: 'PostgreSQL', typicalMs: 6_000, after: ['network'] },
  'postgres-replica': { title: 'Read replica of PostgreSQL', typicalMs: 4_000, after: ['network', 'postgres'] },
  redis: { title: 'Redis', typicalMs: 300, after: ['network'] },
}

export function backingProcessSteps(backing: Backing): readonly Step[] {
  return backing.names.map((name) => ({ name, ...processes[name], run: (progress) => backing.start(name, progress) }))
}

export function backingObjectSteps(backing: Backing, kubectl: Kubectl): readonly Step[] {
  return [
    {
      name: 'topic-crds',
      title: 'Strimzi’s custom resource definitions',
      after: ['control-plane'],
      typicalMs: 8_000,
      unless: {
        inputs: () => Promise.resolve(strimziVersion),
        holds: () =>
          exist(kubectl, 'default', 'crd/kafkatopics.kafka.strimzi.io', 'crd/kafkanodepools.kafka.strimzi.io'),
      },
      run: async (progress) => await applyObjects(kubectl, await strimziCrds(progress)),
    },
    {
      name: 'topic-operator',
      title: 'Stand-in for Strimzi’s Topic Operator',
      after: ['topic-crds', 'kafka'],
      typicalMs: 2_000,
      run: () => backing.startTopicOperator(),
    },
    {
      name: 'backing-services',
      title: 'Services for Kafka, PostgreSQL and Redis',
      after: ['control-plane', 'kafka', 'postgres', 'redis'],
      typicalMs: 1_000,
      unless: {
        inputs: async () => hashOf(await backing.objects()),
        holds: () => exist(kubectl, shopNamespace, 'secret/shop-postgres-admin', 'endpointslice/redis-host'),
      },
      run: async () => await applyObjects(kubectl, await backing.objects()),
    },
  ]
}
