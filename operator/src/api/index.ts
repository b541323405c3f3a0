// The OrderPipeline API for everyone who is not the operator: types, conditions, objects.
export * from './conditions.ts'
export * from './objects.ts'
export * from './orderpipeline.ts'
export * from './spec.generated.ts'
