// What does a program need that runs the operator's loop without a Kubernetes API server, on
// objects that it holds itself? The loop and its parts. The runtime of `orderpipeline dev` is that
// program.
export { kafkaLagReader, type GroupQuery, type LagReader } from './kafka/lag-reader.ts'
export { lagPoller, type LagPoller } from './kafka/lag-poller.ts'
export { ApiError } from './kube/errors.ts'
export type { Kube, ListOptions, Page } from './kube/port.ts'
export { store, type Change, type Store } from './kube/object-store.ts'
export { eventRecorder } from './reconcile/event-recorder.ts'
export { contestedFields } from './reconcile/contested-fields.ts'
export type { Informers } from './reconcile/observe.ts'
export { podReports, type PodReports } from './reconcile/pod-reports.ts'
export { reconcile, type Reconciler } from './reconcile/reconcile.ts'
export { secretDigests } from './reconcile/secret-digests.ts'
export { sloLog, type SloLog } from './reconcile/slo-log.ts'
export { statusWriter, type StatusWriter } from './reconcile/status-writer.ts'
export { foreignObjects } from './reconcile/foreign-objects.ts'
export { updateLimiter } from './reconcile/updates.ts'
export { throughputLog } from './reconcile/throughput-log.ts'
