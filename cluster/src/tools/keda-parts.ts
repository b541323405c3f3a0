// Which parts of KEDA does the local cluster need? The scalers that this product's ScaledObjects
// name. KEDA has all of its scalers in one Go package, and the clients of their sixty systems are
// most of its build: without them it takes a third of the time. Pure.
import type { SourceParts } from './source-parts.ts'

/** The types of triggers that a ScaledObject of the operator, or of the tests, can have. */
export const kedaScalers = ['cpu', 'cron', 'kafka', 'memory', 'metrics-api', 'prometheus'] as const

export const kedaParts: SourceParts = {
  folders: ['apis', 'cmd', 'controllers', 'pkg', 'version'],
  onlyFiles: {
    'pkg/scalers': [
      ...['scaler.go', 'cpu_memory_scaler.go', 'cron_scaler.go', 'kafka_scaler.go'],
      ...['metrics_api_scaler.go', 'prometheus_scaler.go'],
    ],
    'pkg/scalers/azure': [
      ...['azure_aad_auth.go', 'azure_aad_workload_identity.go', 'azure_azidentity_chain.go', 'cloud_config.go'],
      ...['azure_cloud_environment.go', 'azure_managed_prometheus_http_round_tripper.go'],
      'azure_service_principal.go',
    ],
    'pkg/scalers/gcp': ['gcp_common.go'],
  },
  onlyCases: {
    file: 'pkg/scaling/scalers_builder.go',
    after: '// TRIGGERS-START',
    before: '// TRIGGERS-END',
    names: kedaScalers,
  },
  ownFiles: 'keda',
}
