import { describe, expect, it } from 'vitest'
import type { Deployment } from '../../api/index.ts'
import { desired } from '../desired/desired.ts'
import { expiredVersion, needsPodReport, podReport } from './new-version.ts'
import type { PartPods, PodReport } from './new-version.ts'
import { podTrouble } from './pod-trouble.ts'
import type { Pod } from './pod-trouble.ts'
import { pipeline, settings } from '../testing.ts'

const revision = 'deployment.kubernetes.io/revision'
function deployment(replicas = 2): Deployment {
  const firstDeployment = desired(pipeline(), [], settings).find(
    (child): child is Deployment => child.kind === 'Deployment',
  )
  if (!firstDeployment) throw new Error('no Deployment')
  const annotations = { ...firstDeployment.metadata.annotations, [revision]: '2' }
  const metadata = { ...firstDeployment.metadata, uid: 'd', generation: 3, annotations }
  return {
    ...firstDeployment,
    metadata,
    spec: { ...firstDeployment.spec, replicas },
    status: { observedGeneration: 3 },
  }
}
function live(of = deployment()) {
  return { active: 'blue' as const, blue: of, green: undefined }
}
function replicaSet(name: string, number: string, availableReplicas = 0) {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, uid: name, annotations: { [revision]: number }, ownerReferences: [owner('Deployment', 'd')] },
    status: { availableReplicas },
  }
}
function owner(kind: string, uid: string) {
  return { apiVersion: 'apps/v1', kind, name: uid, uid }
}
function pod(of: string, status: Pod['status'] = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${of}-x`, ownerReferences: [owner('ReplicaSet', of)] },
    spec: { nodeName: 'node' },
    status,
  }
}
function waiting(reason: string, message = ''): Pod['status'] {
  return {
    containerStatuses: [{ image: 'payment:nope', state: { waiting: { reason, message } } }],
  }
}
const ready = { conditions: [{ type: 'Ready', status: 'True' }] }
const unschedulable = {
  conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes are available: 1 Insufficient cpu.' }],
}
const crashing: Pod['status'] = {
  containerStatuses: [
    { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: { reason: 'Error', exitCode: 3 } } },
  ],
}

function partPods(pods: readonly Pod[], available = 0): PartPods {
  return {
    replicaSets: [replicaSet('old', '1'), replicaSet('new', '2', available)],
    pods,
  }
}
/** The same pods for eleven minutes, looked at every ten seconds. */
function reportAfter(of: PartPods, kafkaAnswers = true, minutes = 11): PodReport {
  let report: PodReport | undefined
  for (let at = 0; at <= minutes * 60_000; at += 10_000) report = podReport(report, live(), of, kafkaAnswers, at)
  return report ?? {}
}
function isGivenUp(of: PodReport) {
  return expiredVersion(of.trial, 600) !== undefined
}

describe('a version on trial', () => {
  it('is given up when its image does not exist, with or without a running version', () => {
    const broken = pod('new', waiting('ImagePullBackOff', 'Back-off pulling image'))
    for (const kafkaAnswers of [true, false]) {
      expect(isGivenUp(reportAfter(partPods([broken]), kafkaAnswers))).toBe(true)
      expect(isGivenUp(reportAfter(partPods([broken, pod('old', ready)]), kafkaAnswers))).toBe(true)
    }
    expect(reportAfter(partPods([broken])).trial?.trouble?.text).toBe(
      'ImagePullBackOff: image payment:nope cannot be pulled',
    )
  })

  it('is given up when its pods run without becoming ready while those of the previous version are ready', () => {
    const report = reportAfter(partPods([pod('new'), pod('old', ready)]), false)
    expect(expiredVersion(report.trial, 600)?.version).toBe(report.trial?.version)
    expect(isGivenUp(reportAfter(partPods([pod('new', crashing), pod('old', ready)]), false))).toBe(true)
  })

  it('is not given up for pods that no node takes, or that a quota refuses', () => {
    expect(isGivenUp(reportAfter(partPods([pod('new', unschedulable), pod('old', ready)])))).toBe(false)
    expect(reportAfter(partPods([pod('new', unschedulable)])).trouble).toContain('Insufficient cpu')
    expect(isGivenUp(reportAfter(partPods([pod('old', ready)])))).toBe(false)
  })

  it('is not given up while Kafka is unavailable, when no version becomes ready', () => {
    expect(isGivenUp(reportAfter(partPods([pod('new'), pod('old')]), false))).toBe(false)
    expect(isGivenUp(reportAfter(partPods([pod('new', crashing)]), false))).toBe(false)
  })

  it('is given up without another running version, as after a suspension, if Kafka answers', () => {
    expect(isGivenUp(reportAfter(partPods([pod('new')]), true))).toBe(true)
    expect(isGivenUp(reportAfter(partPods([pod('new')]), true, 9))).toBe(false)
  })

  it('is not given up while its pods become ready one after the other', () => {
    let report: PodReport | undefined
    for (let minute = 0; minute <= 30; minute += 1) {
      const pods = partPods([pod('new'), pod('old', ready)], Math.floor(minute / 8))
      for (const at of [0, 20_000, 40_000])
        report = podReport(report, live(deployment(5)), pods, true, minute * 60_000 + at)
      expect(isGivenUp(report ?? {})).toBe(false)
    }
  })

  it('spends its time only while the operator observes it', () => {
    const broken = partPods([pod('new', waiting('ErrImagePull'))])
    const first = podReport(undefined, live(), broken, true, 0)
    expect(podReport(first, live(), broken, true, 3_600_000).trial?.stuckMs).toBe(30_000)
  })

  it('counts the available replicas of its own ReplicaSet', () => {
    expect(podReport(undefined, live(), partPods([pod('new'), pod('old', ready)], 1), true, 0).trial?.available).toBe(1)
  })

  it('is observed only while it has desired replicas', () => {
    expect(needsPodReport(live(), 1)).toBe(true)
    expect(needsPodReport(live(deployment(0)), 1)).toBe(false)
  })
})

describe('the trouble of a pod', () => {
  it('names a Secret that is missing', () => {
    const text = (message: string) => podTrouble(pod('new', waiting('CreateContainerConfigError', message)))?.text
    expect(text('secret "nope" not found')).toBe('CreateContainerConfigError: Secret nope: not found')
    expect(text("couldn't find key url in Secret default/shop-postgres")).toBe(
      'CreateContainerConfigError: Secret shop-postgres: key url not found',
    )
  })

  it('has the exit of the container', () => {
    expect(podTrouble(pod('new', crashing))?.text).toBe('CrashLoopBackOff: its container ended with exit code 3')
  })

  it('is undefined when the pod is ready', () => {
    expect(podTrouble(pod('new', ready))).toBeUndefined()
  })
})
