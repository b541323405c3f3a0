// What do other packages use of the monitoring? The alerts and dashboards as data, and a Prometheus
// for a cluster.
export { alertGroups } from './alerts/index.ts'
export { descriptions } from './dashboards/index.ts'
export { startPrometheus, type RunningPrometheus } from './prometheus/start.ts'
