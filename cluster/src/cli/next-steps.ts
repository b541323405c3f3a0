// What can a user do with the local cluster? The commands to type next. Pure.
import type { ProviderName } from '../providers/provider.ts'
import type { Extra } from '../providers/extras.ts'

export interface UpSummary {
  readonly provider: ProviderName
  /** Until the pipeline was Ready, as text. */
  readonly took: string
  readonly without: readonly Extra[]
  readonly kubeconfig: string
}

export function nextSteps({ provider, took, without, kubeconfig }: UpSummary): string {
  const devServices = without.includes('dev-services') ? '' : devServicesText
  return `
The pipeline shop is Ready (${provider}, ${took}). Next:

  npm run orderpipeline -- console --open     see it in a browser: what is slow, and why (--allow-writes: act, too)
  npm run load -- --rate 10000/min --for 3m   orders through the gateway, http://127.0.0.1:30080
  npm run watch                               watch its stages scale on their consumer lag
  npm run kubectl -- get op,pods              use kubectl; for your own kubectl: export KUBECONFIG=${kubeconfig}
  npm run status                              which processes run, and which have ended
  curl -s http://127.0.0.1:30080/health       its PostgreSQL, replica, Kafka and Redis, as the gateway sees them
  npm run kubectl -- logs deploy/shop-gateway its log, with the requests that it refuses
${devServices}${without.includes('prometheus') ? '' : prometheusText[provider]}  npm run down                                remove everything again (-- --data: data too)
`
}

const prometheusText: Readonly<Record<ProviderName, string>> = {
  native: '  npm run prometheus                          the address of Prometheus, with the alerts\n',
  kind: '  npm run kubectl -- port-forward service/prometheus-server 9090:80\n                                              then http://127.0.0.1:9090/alerts\n',
}
const devServicesText = `  npm run -s orderpipeline -- token me        a token for the gateway: curl -H "authorization: Bearer $(npm run -s orderpipeline -- token me)" …
  npm run kubectl -- port-forward service/dev-services 8025:8080
                                              then http://127.0.0.1:8025/mails and http://127.0.0.1:8025/traces
`
