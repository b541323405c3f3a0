// Which fields may be sent, by the schemas that the API server serves? Where a schema is not known,
// all of them.
import { orderPipelines, resourceOf } from '../api/index.ts'
import type { OrderPipelineStatus } from '../api/index.ts'
import { declaredPart, schemaAt } from './served-schema.ts'
import type { ServedSchemas } from './served-schema.ts'

/** Kinds of which fields are left out where they are not declared. */
export const withSchemas: ReadonlySet<string> = new Set([orderPipelines.kind, 'ScaledObject'])

/** The status without what is not declared, which is reported once for each set of fields. */
export function declaredStatus(schemas: ServedSchemas, onOutdated: (fields: readonly string[]) => void) {
  let lastReport = ''
  return (status: OrderPipelineStatus): OrderPipelineStatus => {
    const { value, undeclared } = declaredPart(status, schemaAt(schemas.of(orderPipelines), 'status'))
    const fields = undeclared.join()
    if (fields !== lastReport && undeclared.length > 0) onOutdated(undeclared)
    if (undeclared.length > 0) lastReport = fields
    return value
  }
}

/** Whether a pipeline can say which installation of the operator acts on it. */
export function declaresRecord(schemas: ServedSchemas): boolean {
  const schema = schemas.of(orderPipelines)
  return schema === undefined || schemaAt(schema, 'status.operator') !== undefined
}

/** `fallback.behavior`, from KEDA 2.17 on. */
export function knowsFallbackBehavior(schemas: ServedSchemas): boolean {
  const schema = schemas.of(resourceOf('ScaledObject'))
  return schema === undefined || schemaAt(schema, 'spec.fallback.behavior') !== undefined
}

/** A fallback by the formula. */
export function knowsFormulaFallback(schemas: ServedSchemas): boolean {
  const allowedValues = schemaAt(schemas.of(resourceOf('ScaledObject')), 'spec.fallback.behavior')?.enum
  return allowedValues === undefined ? knowsFallbackBehavior(schemas) : allowedValues.includes('scalingModifiers')
}
