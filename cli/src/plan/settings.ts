// How is the operator set? What it makes depends on its own settings; they stand on its Deployment.
// Without one they are taken to be the usual ones.
import { operatorConfig } from '@orderpipeline/operator/config'
import type { OperatorConfig } from '@orderpipeline/operator/config'
import { CommandError } from '../environment.ts'
import type { KubeClient, List } from '@orderpipeline/client'

export interface OperatorSettings {
  readonly config: OperatorConfig
  /** Where they are from, for a person to read. */
  readonly source: string
}

/** The image's name alone: which content it has only an operator says. */
const unknownImage = 'orderpipeline/services'

export function assumedSettings(servicesImage: string | undefined): OperatorSettings {
  const source =
    servicesImage === undefined
      ? `the operator's settings are unknown; built-in stages are shown with the image ${unknownImage} (set another with --services-image)`
      : `built-in stages are shown with the image ${servicesImage}, of --services-image`
  return { config: operatorConfig({ SERVICES_IMAGE: servicesImage ?? unknownImage }, ''), source }
}

interface OperatorDeployment {
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly env?: readonly { readonly name: string; readonly value?: string }[]
        }[]
      }
    }
  }
}

const operatorLabel = 'app.kubernetes.io/name=orderpipeline-operator'

/**
 * Settings of the operator that watches the namespace. A person without the right to read them
 * sees what was assumed instead.
 */
export async function operatorSettings(
  kube: KubeClient,
  namespace: string,
  servicesImage: string | undefined,
): Promise<OperatorSettings> {
  const allOperators = await operators(kube)
  const watching = allOperators
    .map((deployment) => ({ deployment, config: configOf(deployment, servicesImage) }))
    .find(({ config }) => config && (config.watchNamespace === undefined || config.watchNamespace === namespace))
  if (!watching?.config) return assumedSettings(servicesImage)
  const { name, namespace: home } = watching.deployment.metadata
  return { config: watching.config, source: `the operator's settings are those of Deployment ${home}/${name}` }
}

async function operators(kube: KubeClient): Promise<readonly OperatorDeployment[]> {
  try {
    const path = `/apis/apps/v1/deployments?labelSelector=${encodeURIComponent(operatorLabel)}`
    return (await kube.get<List<OperatorDeployment>>(path))?.items ?? []
  } catch (error) {
    if (error instanceof CommandError) return [] // a user of one namespace may not list all of them
    throw error
  }
}

function configOf({ spec }: OperatorDeployment, servicesImage: string | undefined): OperatorConfig | undefined {
  const variables = spec.template.spec.containers.flatMap(({ env = [] }) => env)
  const environment = Object.fromEntries(
    variables.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])),
  )
  try {
    return operatorConfig(
      { ...environment, ...(servicesImage === undefined ? {} : { SERVICES_IMAGE: servicesImage }) },
      '',
    )
  } catch {
    return undefined // another program that bears its label
  }
}
