// Why is a pod not ready, and is what it was made from at fault? In a text that stays the same
// while nothing changes.
import type { ConditionsStatus, KubeObject } from '../../api/index.ts'

export interface Pod extends KubeObject {
  readonly spec?: { readonly nodeName?: string }
  readonly status?: {
    readonly conditions?: ConditionsStatus['conditions']
    readonly containerStatuses?: readonly ContainerStatus[]
  }
}

interface ContainerStatus {
  readonly image?: string
  readonly ready?: boolean
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string }
    readonly terminated?: Ended
  }
  readonly lastState?: { readonly terminated?: Ended }
}

interface Ended {
  readonly reason?: string
  readonly exitCode?: number
}

export interface Trouble {
  /**
   * version: it fails. starting: it runs and is not ready yet. elsewhere: no node takes it, or no
   * other pod is ready either.
   */
  readonly fault: 'version' | 'starting' | 'elsewhere'
  /** Valid whatever else is not available, such as an image that does not exist. */
  readonly certain: boolean
  /** Empty where nothing is known yet. */
  readonly text: string
}

const imageReasons = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull'])
const configReasons = new Set(['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError'])

/** Undefined for a pod that is ready. */
export function podTrouble(pod: Pod): Trouble | undefined {
  const { conditions = [], containerStatuses = [] } = pod.status ?? {}
  if (conditions.some(({ type, status }) => type === 'Ready' && status === 'True')) return undefined
  const scheduled = conditions.find(({ type }) => type === 'PodScheduled')
  if (scheduled?.status === 'False')
    return elsewhere(`no node takes its pods: ${scheduled.message ?? scheduled.reason ?? 'unschedulable'}`)
  if (scheduled === undefined && pod.spec?.nodeName === undefined) return elsewhere('')
  for (const container of containerStatuses) {
    const trouble = containerTrouble(container)
    if (trouble) return trouble
  }
  return { fault: 'starting', certain: false, text: '' }
}

function elsewhere(text: string): Trouble {
  return { fault: 'elsewhere', certain: false, text }
}

function containerTrouble({ image = '', state, lastState }: ContainerStatus): Trouble | undefined {
  const { reason = '', message = '' } = state?.waiting ?? {}
  // ErrImagePull and ImagePullBackOff alternate: one word for both.
  if (imageReasons.has(reason)) return certainly(`ImagePullBackOff: image ${image} cannot be pulled`)
  if (configReasons.has(reason)) return certainly(`${reason}: ${plainly(message)}`)
  const termination = state?.terminated ?? (reason === 'CrashLoopBackOff' ? (lastState?.terminated ?? {}) : undefined)
  if (termination === undefined) return undefined
  const code = termination.exitCode === undefined ? '' : ` with exit code ${termination.exitCode}`
  const why = termination.reason === undefined || termination.reason === 'Error' ? '' : ` (${termination.reason})`
  return { fault: 'version', certain: false, text: `CrashLoopBackOff: its container ended${code}${why}` }
}

function certainly(text: string): Trouble {
  return { fault: 'version', certain: true, text }
}

/** Puts the name of the missing object first, as `Secret nope: not found`. */
export function plainly(message: string): string {
  return message
    .replace(/\bsecrets? "([^"]+)" not found/i, 'Secret $1: not found')
    .replace(/couldn't find key (\S+) in Secret (?:\S*\/)?(\S+)/i, 'Secret $2: key $1 not found')
    .replace(
      /&?SecretKeySelector\{LocalObjectReference:LocalObjectReference\{Name:([^,}]*),?\},Key:([^,}]*),[^}]*\}/g,
      'Secret $1, key $2',
    )
}
