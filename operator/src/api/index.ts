// The OrderPipeline API for packages other than the operator: types, conditions, objects.
export * from './conditions.ts'
export * from './objects.ts'
export * from './orderpipeline.ts'
export * from './spec.generated.ts'
