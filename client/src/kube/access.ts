// May the person of the kubeconfig do this, and which name does the API server know? The API server
// itself decides; what runs on this machine without one has one user, with every right.
import { KubeUnreachableError } from './api-server.ts'
import type { ApiServer } from './api-server.ts'

export interface Access {
  readonly namespace: string
  readonly verb: string
  /** `` for the core group. */
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly name?: string
}

interface Review {
  readonly status?: { readonly allowed?: boolean; readonly reason?: string; readonly evaluationError?: string }
}

interface Reviewed {
  readonly status?: { readonly userInfo?: { readonly username?: string } }
}

const answerTimeoutMs = 10_000

/** Why not; undefined where it is allowed. @throws KubeUnreachableError, CommandError */
export async function accessRefusal(kube: Pick<ApiServer, 'send'>, access: Access): Promise<string | undefined> {
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: access },
  }
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
  const answer = await kube.send<Review>('POST', path, review, answerTimeoutMs)
  if (answer === undefined || answer.status?.allowed) return undefined
  const { namespace, verb, resource, subresource } = access
  const reason = answer.status?.reason ?? answer.status?.evaluationError ?? ''
  const what = [resource, subresource].filter(Boolean).join('/')
  return `Your user may not ${verb} ${what} in namespace ${namespace}${reason === '' ? '' : ` (${reason})`}.`
}

/** undefined where the API server does not say: before Kubernetes 1.28. */
export async function selfName(kube: Pick<ApiServer, 'send'>): Promise<string | undefined> {
  try {
    return await reviewedName(kube)
  } catch (error) {
    if (error instanceof KubeUnreachableError) throw error
    return undefined // may not ask; a name is no condition
  }
}

/**
 * The name that the API server authenticates; undefined where it has no such review. @throws
 * KubeRefusedError with status 401 where it does not accept the credentials; KubeUnreachableError
 */
export async function reviewedName(kube: Pick<ApiServer, 'send'>): Promise<string | undefined> {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
  const answer = await kube.send<Reviewed>('POST', path, review, answerTimeoutMs)
  return answer?.status?.userInfo?.username
}
