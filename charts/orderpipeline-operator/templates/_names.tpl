{{/* What are the objects called? The chart's name, preceded by the release's unless that says it already. */}}
{{- define "operator.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 53 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 53 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "operator.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "operator.labels" -}}
{{ include "operator.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: orderpipeline
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* Takes { root, image, value }: value is the image's path in the values, for the message. */}}
{{- define "operator.image" -}}
{{- $global := .root.Values.global | default dict }}
{{- $appVersion := .root.Chart.AppVersion }}
{{- $value := .value }}
{{- with .image }}
{{- if not .repository }}
{{- fail (printf "%s.repository is empty: build the images, push them to a registry of your own (docs/guides/own-cluster.md), and set it, such as registry.example.com/orderpipeline/%s" $value (ternary "operator" "services" (eq $value "image"))) }}
{{- end }}
{{- $registry := .registry | default $global.imageRegistry | default "" | trimSuffix "/" }}
{{- $name := ternary .repository (printf "%s/%s" $registry .repository) (empty $registry) }}
{{- if .digest }}{{ $name }}@{{ .digest }}{{ else }}{{ $name }}:{{ .tag | default $appVersion }}{{ end }}
{{- end }}
{{- end }}

{{- define "operator.pullSecrets" -}}
{{- concat ((.Values.global | default dict).imagePullSecrets | default list) .Values.imagePullSecrets | toYaml }}
{{- end }}

{{/* User and group of the image, unless the cluster is to assign them. */}}
{{- define "operator.podSecurity" -}}
runAsNonRoot: true
{{- if not (or .Values.clusterAssignsUsers (.Values.global | default dict).clusterAssignsUsers) }}
runAsUser: 65532
runAsGroup: 65532
{{- end }}
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "operator.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "operator.consoleName" -}}
{{ include "operator.name" . }}-console
{{- end }}

{{/* Another name than the operator's: its Services and policies select by it. */}}
{{- define "operator.consoleSelector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}-console
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "operator.consoleLabels" -}}
{{ include "operator.consoleSelector" . }}
app.kubernetes.io/component: console
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: orderpipeline
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* Under which origins browsers reach the console: those of its Ingress and HTTPRoute, and further ones. */}}
{{- define "operator.consoleOrigins" -}}
{{- $origins := .Values.console.origins }}
{{- with .Values.console.ingress }}{{ if .enabled }}{{ $origins = append $origins (printf "https://%s" .host) }}{{ end }}{{ end }}
{{- with .Values.console.httpRoute }}{{ if .enabled }}{{ range .hostnames }}{{ $origins = append $origins (printf "https://%s" .) }}{{ end }}{{ end }}{{ end }}
{{- uniq $origins | join "," }}
{{- end }}

{{/* Takes { root, file }: a program as an argument of Node, after what it imports from files/api-server.mjs. */}}
{{- define "operator.program" -}}
{{- $own := regexReplaceAll "(?m)^import .* from './api-server.mjs'$" (.root.Files.Get .file) "" }}
{{- printf "%s\n%s" (.root.Files.Get "files/api-server.mjs") $own | toJson }}
{{- end }}
