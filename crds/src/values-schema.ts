// How strictly does Helm check the values of order-shop that become parts of an OrderPipeline? As
// strictly as the API server: the parts' schemas are made from the definition. Only its CEL rules
// are missing. Pure.

export interface OpenApiSchema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, OpenApiSchema>>
  readonly items?: OpenApiSchema
  readonly additionalProperties?: OpenApiSchema | boolean
  readonly required?: readonly string[]
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly [keyword: string]: unknown
}

export type JsonSchema = Readonly<Record<string, unknown>>

const copied = [
  ...['enum', 'pattern', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'minLength', 'maxLength'],
  ...['minItems', 'maxItems', 'uniqueItems', 'minProperties', 'maxProperties', 'required'],
]

/** A schema of the definition as JSON Schema draft 7, in which an unknown property is an error. */
export function jsonSchema(schema: OpenApiSchema): JsonSchema {
  const { properties, items, additionalProperties } = schema
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true
  return {
    type: schema['x-kubernetes-int-or-string'] === true ? ['integer', 'number', 'string'] : schema.type,
    ...Object.fromEntries(copied.filter((name) => schema[name] !== undefined).map((name) => [name, schema[name]])),
    ...(properties && { properties: mapped(properties), ...(!open && { additionalProperties: false }) }),
    ...(items && { items: jsonSchema(items) }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: jsonSchema(additionalProperties) }),
  }
}

function mapped(properties: Readonly<Record<string, OpenApiSchema>>): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, jsonSchema(schema)]))
}

/**
 * The items of a list by name, as the values have them: without the name, and null for an item that
 * is left out.
 */
function byName(list: OpenApiSchema | undefined): JsonSchema {
  const { properties = {}, required = [], ...rest } = list?.items ?? {}
  const others = Object.fromEntries(Object.entries(properties).filter(([name]) => name !== 'name'))
  const item = jsonSchema({ ...rest, properties: others, required: required.filter((name) => name !== 'name') })
  return { ...item, type: ['object', 'null'] }
}

/** `schema` of the values, with the parts that come from the definition filled in. */
export function withPipelineParts(schema: JsonSchema, spec: OpenApiSchema): JsonSchema {
  const { properties } = schema as { properties: Record<string, Record<string, unknown>> }
  const of = (name: string): OpenApiSchema => spec.properties?.[name] ?? {}
  const kafka = jsonSchema(of('kafka')) as { properties: Record<string, JsonSchema> }
  const pipeline = properties['pipeline'] as { readonly properties?: Record<string, JsonSchema> } | undefined
  const nullable = (part: JsonSchema | undefined) => ({ ...part, type: ['object', 'null'] })
  return {
    ...schema,
    properties: {
      ...properties,
      kafka: {
        ...properties['kafka'],
        properties: {
          strimziCluster: { ...kafka.properties['strimziCluster'], type: ['string', 'null'] },
          listener: nullable(kafka.properties['listener']),
          external: nullable(kafka.properties['external']),
        },
      },
      pipeline: {
        ...pipeline,
        properties: {
          ...pipeline?.properties,
          suspension: jsonSchema(of('suspension')),
          slo: { ...jsonSchema(of('slo')), minProperties: 0 },
          template: jsonSchema(of('template')),
        },
      },
      database: jsonSchema(of('database')),
      gateway: { ...properties['gateway'], ...nullable(jsonSchema(of('gateway'))) },
      topics: { ...properties['topics'], additionalProperties: byName(of('topics')) },
      stages: { ...properties['stages'], additionalProperties: byName(of('stages')) },
    },
  }
}
