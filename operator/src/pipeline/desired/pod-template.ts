// What may a user change in the pods of a part, and how are the pipeline's and the part's own
// templates combined?
import type { OrderPipelineSpec, Placement, PodTemplate, Problem, Stage } from '../../api/index.ts'
import { gatewayName, labels, labelKeys } from '../children/names.ts'

/**
 * A part's own template has priority over the pipeline's; labels, annotations and pull secrets are
 * merged.
 */
export function mergedTemplate(
  { template: general = {} }: Pick<OrderPipelineSpec, 'template'>,
  { template: own = {} }: Placement,
  imagePullSecrets: readonly string[] = [],
): PodTemplate {
  return {
    ...general,
    ...own,
    labels: { ...general.labels, ...own.labels },
    annotations: { ...general.annotations, ...own.annotations },
    serviceAccountAnnotations: { ...general.serviceAccountAnnotations, ...own.serviceAccountAnnotations },
    imagePullSecrets: [
      ...new Set([...imagePullSecrets, ...(general.imagePullSecrets ?? []), ...(own.imagePullSecrets ?? [])]),
    ],
  }
}

const usualGraceSeconds = 45
const longestGraceSeconds = 3600
/**
 * Part of the grace period for leaving the group and the last commit, after the messages in flight.
 */
export const leavingSeconds = 20

/**
 * A message takes its workSeconds on average, and some take longer. So the grace period is twice
 * that, plus the time to leave the group.
 */
export function graceSeconds({ workSeconds = 0 }: Pick<Stage, 'workSeconds'>): number {
  return Math.min(longestGraceSeconds, Math.max(usualGraceSeconds, Math.ceil(workSeconds * 2) + leavingSeconds))
}

export function hasUsualGrace(seconds: number): boolean {
  return seconds === usualGraceSeconds
}

export function templateProblems(spec: OrderPipelineSpec): Problem[] {
  return [
    ...problemsOf(spec.template, 'spec.template'),
    ...(spec.gateway ? problemsOf(spec.gateway.template, `spec.${gatewayName}.template`) : []),
    ...spec.stages.flatMap(({ name, template }) => problemsOf(template, `spec.stages[${name}].template`)),
  ]
}

function problemsOf(template: PodTemplate = {}, path: string): Problem[] {
  return [
    ...keyProblems(template.labels, `${path}.labels`),
    ...keyProblems(template.annotations, `${path}.annotations`),
    ...keyProblems(template.serviceAccountAnnotations, `${path}.serviceAccountAnnotations`),
    ...Object.keys(template.labels ?? {})
      .filter((key) => operatorLabels.has(key))
      .map((key) => problem(`${path}.labels`, `${key} is a label that the operator sets`)),
    ...Object.entries(template.labels ?? {})
      .filter(([, value]) => !/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/.test(value))
      .map(([key, value]) =>
        problem(`${path}.labels.${key}`, `found "${value}"; allowed: at most 63 letters, digits and - _ .`),
      ),
    ...Object.keys(template.annotations ?? {})
      .filter((key) => weakening.some((prefix) => key.startsWith(prefix)))
      .map((key) => problem(`${path}.annotations`, `${key} would weaken the security of the pods`)),
  ]
}

function keyProblems(map: Readonly<Record<string, string>> = {}, path: string): Problem[] {
  return Object.keys(map)
    .filter((key) => !qualifiedName.test(key) || (key.split('/').at(-1) ?? '').length > 63 || key.length > 317)
    .map((key) => problem(path, `found the key "${key}"; allowed: a name such as team or example.com/team`))
}

function problem(path: string, message: string): Problem {
  return { path, reason: 'TemplateInvalid', message }
}

const qualifiedName = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/
const operatorLabels = new Set([...Object.keys(labels('', '')), labelKeys.color])
const weakening = ['container.apparmor.security.beta.kubernetes.io/', 'seccomp.security.alpha.kubernetes.io/']
