// What are the parts of a spec called in TypeScript? An object without a name here is written
// inline, so a new field needs no entry.

/** Path of an object in the spec, with [] for the items of a list → its interface. */
export const interfaceNames: readonly { readonly at: RegExp; readonly name: string }[] = [
  { at: /^spec$/, name: 'OrderPipelineSpec' },
  { at: /^spec\.kafka\.listener$/, name: 'StrimziListener' },
  { at: /^spec\.kafka\.external$/, name: 'ExternalAddress' },
  { at: /^spec\.database$/, name: 'DatabaseSource' },
  { at: /^spec\.gateway$/, name: 'Gateway' },
  { at: /^spec\.gateway\.scaling$/, name: 'Scaling' },
  { at: /^spec\.gateway\.service$/, name: 'GatewayService' },
  { at: /^spec\.topics\[\]$/, name: 'Topic' },
  { at: /^spec\.stages\[\]$/, name: 'Stage' },
  { at: /^spec\.stages\[\]\.scaling$/, name: 'StageScaling' },
  { at: /\.retry$/, name: 'Retry' },
  { at: /\.template$/, name: 'PodTemplate' },
  { at: /\.(consumes|emits)\[\]$/, name: 'TopicRef' },
  { at: /\.schedule\[\]$/, name: 'Peak' },
  { at: /\.scale(Up|Down)$/, name: 'ScalingPace' },
  { at: /\.strategy$/, name: 'Strategy' },
  { at: /\.env\[\]$/, name: 'EnvVar' },
  { at: /\.resources$/, name: 'Resources' },
  { at: /\.tolerations\[\]$/, name: 'Toleration' },
  { at: /\.topologySpread\[\]$/, name: 'TopologySpread' },
]

/**
 * An object for which a rule of the CRD requires one of several forms, each with its own fields.
 */
export interface Form {
  readonly name: string
  /** The field that distinguishes the form. */
  readonly required: string
  readonly optional: readonly string[]
}

export const unions: Readonly<Record<string, { readonly name: string; readonly forms: readonly Form[] }>> = {
  'spec.kafka': {
    name: 'KafkaSource',
    forms: [
      { name: 'StrimziKafka', required: 'strimziCluster', optional: ['listener'] },
      { name: 'ExternalKafka', required: 'external', optional: [] },
    ],
  },
}
