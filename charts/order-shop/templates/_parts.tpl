{{/* What do the chart's own pods have in common? Labels, the image, and a security context without any privilege. */}}
{{- define "shop.labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: orderpipeline
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "shop.image" -}}
image: {{ include "shop.imageName" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end }}

{{- define "shop.imageName" -}}
{{- $global := .Values.global | default dict }}
{{- with .Values.image }}
{{- if not .repository }}
{{- fail "image.repository is empty: build the images, push them to a registry of your own (docs/guides/own-cluster.md), and set it, such as registry.example.com/orderpipeline/services" }}
{{- end }}
{{- $registry := .registry | default $global.imageRegistry | default "" | trimSuffix "/" }}
{{- $name := ternary .repository (printf "%s/%s" $registry .repository) (empty $registry) }}
{{- if .digest }}{{ $name }}@{{ .digest }}{{ else }}{{ $name }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- define "shop.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with concat ((.Values.global | default dict).imagePullSecrets | default list) .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  {{- if not (include "shop.clusterAssignsUsers" .) }}
  runAsUser: 65532
  runAsGroup: 65532
  {{- end }}
  seccompProfile: { type: RuntimeDefault }
{{- end }}

{{/* yes, or empty. */}}
{{- define "shop.clusterAssignsUsers" -}}
{{- if or .Values.clusterAssignsUsers (.Values.global | default dict).clusterAssignsUsers }}yes{{ end }}
{{- end }}

{{/* The template of the pipeline's pods: its own, with the pull secrets and the user of the chart's own pods. */}}
{{- define "shop.pipelineTemplate" -}}
{{- $template := deepCopy (.Values.pipeline.template | default dict) }}
{{- $names := $template.imagePullSecrets | default list }}
{{- range concat ((.Values.global | default dict).imagePullSecrets | default list) .Values.imagePullSecrets }}{{ $names = append $names .name }}{{ end }}
{{- with $names }}{{ $_ := set $template "imagePullSecrets" (uniq .) }}{{ end }}
{{- if and (include "shop.clusterAssignsUsers" .) (not (hasKey $template "securityContext")) }}{{ $_ := set $template "securityContext" dict }}{{ end }}
{{- toYaml $template }}
{{- end }}

{{- define "shop.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{/* Who may call the gateway? tokens: clients with a token. anyone: AUTH=none is set. unsaid: no choice is set, and such a gateway does not start. other: there is no gateway, or it is another program. */}}
{{- define "shop.callers" -}}
{{- $gateway := .Values.gateway | default dict }}
{{- $authentication := .Values.authentication | default dict }}
{{- $names := list }}
{{- range $gateway.env }}{{ $names = append $names .name }}{{ end }}
{{- if or (not $gateway) (and $gateway.image (not $gateway.builtIn)) }}other
{{- else if or $authentication.algorithms (has "AUTH_ALGORITHMS" $names) }}tokens
{{- else if or (eq ($authentication.mode | default "") "none") (has "AUTH" $names) }}anyone
{{- else }}unsaid
{{- end }}
{{- end }}

{{/* The environment of the gateway's authentication, limits and caches; an empty list if nothing is set. */}}
{{- define "shop.gatewayEnv" -}}
{{- $env := list }}
{{- with .Values.authentication }}
{{- if eq (.mode | default "") "none" }}{{ $env = append $env (dict "name" "AUTH" "value" "none") }}{{ end }}
{{- with .algorithms }}{{ $env = append $env (dict "name" "AUTH_ALGORITHMS" "value" (join "," .)) }}{{ end }}
{{- with .issuer }}{{ $env = append $env (dict "name" "AUTH_ISSUER" "value" .) }}{{ end }}
{{- with .audience }}{{ $env = append $env (dict "name" "AUTH_AUDIENCE" "value" .) }}{{ end }}
{{- with .jwksUrl }}{{ $env = append $env (dict "name" "AUTH_JWKS_URL" "value" .) }}{{ end }}
{{- with .staffScope }}{{ $env = append $env (dict "name" "AUTH_STAFF_SCOPE" "value" .) }}{{ end }}
{{- with .customerClaim }}{{ $env = append $env (dict "name" "AUTH_CUSTOMER_CLAIM" "value" .) }}{{ end }}
{{- with .secret }}{{ $env = append $env (dict "name" "AUTH_SECRET" "secretKeyRef" (dict "name" .secretName "key" .key)) }}{{ end }}
{{- end }}
{{- with .Values.limits }}
{{- with .perCustomer }}{{ $env = append $env (dict "name" "RATE_LIMIT_PER_CUSTOMER" "value" (toString (int64 .))) }}{{ end }}
{{- with .perAddress }}{{ $env = append $env (dict "name" "RATE_LIMIT_PER_ADDRESS" "value" (toString (int64 .))) }}{{ end }}
{{- if or .perCustomer .perAddress }}{{ $env = append $env (dict "name" "RATE_LIMIT_WINDOW_SECONDS" "value" (toString (int64 .windowSeconds))) }}{{ end }}
{{- with .trustedProxies }}{{ $env = append $env (dict "name" "HTTP_TRUSTED_PROXIES" "value" (join "," .)) }}{{ end }}
{{- with .redis }}{{ $env = append $env (dict "name" "REDIS_URL" "secretKeyRef" (dict "name" .secretName "key" .key)) }}{{ end }}
{{- end }}
{{- with .Values.readReplica }}{{ $env = append $env (dict "name" "DATABASE_REPLICA_URL" "secretKeyRef" (dict "name" .secretName "key" .key)) }}{{ end }}
{{- $env = concat $env (include "shop.tracingEnv" . | fromYamlArray) }}
{{- with .Values.promiseSeconds }}{{ $env = append $env (dict "name" "PROMISE_SECONDS" "value" (toString .)) }}{{ end }}
{{- toYaml $env }}
{{- end }}

{{/* Where the gateway and the built-in stages send their traces; an empty list if nowhere. */}}
{{- define "shop.tracingEnv" -}}
{{- $endpoint := (.Values.tracing | default dict).endpoint | default (ternary "http://dev-services:8080" "" (eq true (.Values.devServices | default dict).enabled)) }}
{{- toYaml (empty $endpoint | ternary list (list (dict "name" "OTEL_EXPORTER_OTLP_ENDPOINT" "value" $endpoint))) }}
{{- end }}

{{/* Takes { root, file }: a program as an argument of Node, after what it imports from files/api-server.mjs. */}}
{{- define "shop.program" -}}
{{- $own := regexReplaceAll "(?m)^import .* from './api-server.mjs'$" (.root.Files.Get .file) "" }}
{{- printf "%s\n%s" (.root.Files.Get "files/api-server.mjs") $own | toJson }}
{{- end }}
