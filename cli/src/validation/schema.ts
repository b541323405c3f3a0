// Which words does the schema of the CRD use, and what does it say? The one in crds/, as the API
// server is given it.
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

export interface Rule {
  readonly rule: string
  readonly message?: string
  readonly messageExpression?: string
  readonly reason?: string
  readonly fieldPath?: string
  readonly optionalOldSelf?: boolean
}

/**
 * As much of OpenAPI v3 as a structural schema of ours needs; `schema.test.ts` holds the CRD to it.
 */
export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  readonly format?: string
  readonly nullable?: boolean
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: boolean
  readonly exclusiveMaximum?: boolean
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema
  readonly required?: readonly string[]
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly anyOf?: readonly Schema[]
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map'
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular'
  readonly 'x-kubernetes-validations'?: readonly Rule[]
}

interface Definition {
  readonly spec: {
    readonly group: string
    readonly names: { readonly kind: string }
    readonly versions: readonly {
      readonly name: string
      readonly storage: boolean
      readonly schema: { readonly openAPIV3Schema: Schema }
    }[]
  }
}

export interface CustomResource {
  readonly apiVersion: string
  readonly kind: string
  readonly schema: Schema
}

let cached: CustomResource | undefined

export function orderPipelineResource(): CustomResource {
  return (cached ??= read())
}

function read(): CustomResource {
  const text = readFileSync(new URL('../../../crds/orderpipelines.yaml', import.meta.url), 'utf8')
  const { spec } = parse(text, { merge: true }) as Definition
  const storageVersion = spec.versions.find(({ storage }) => storage)
  if (!storageVersion) throw new Error('crds/orderpipelines.yaml stores no version')
  return {
    apiVersion: `${spec.group}/${storageVersion.name}`,
    kind: spec.names.kind,
    schema: storageVersion.schema.openAPIV3Schema,
  }
}
