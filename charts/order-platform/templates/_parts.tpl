{{/* What do the umbrella's own objects have in common? Takes { root, name }. */}}
{{- define "platform.labels" -}}
{{ include "platform.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: orderpipeline
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "platform.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{/* The restricted Pod Security Standard, for the user that the image has. */}}
{{- define "platform.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with (.Values.global | default dict).imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  {{- if not (.Values.global | default dict).clusterAssignsUsers }}
  runAsUser: 999
  runAsGroup: 999
  fsGroup: 999
  {{- end }}
  seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "platform.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{/* cluster or standalone: the mode of the values, else that of the existing database, else cluster if CloudNativePG is served. */}}
{{- define "platform.postgresqlMode" -}}
{{- $api := "postgresql.cnpg.io/v1" }}
{{- $served := .Capabilities.APIVersions.Has (printf "%s/Cluster" $api) }}
{{- with .Values.postgresql }}
{{- if ne .mode "auto" }}{{ .mode }}
{{- else if lookup "apps/v1" "StatefulSet" $.Release.Namespace .name }}standalone
{{- else }}{{ ternary "cluster" "standalone" $served }}
{{- end }}
{{- end }}
{{- end }}

{{- define "platform.postgresqlHost" -}}
{{- .Values.postgresql.name }}{{ if eq (include "platform.postgresqlMode" .) "cluster" }}-rw{{ end }}
{{- end }}

{{/* Standbys that have a commit before it counts: required only where one of them may be away without stopping commits, unless it is set. */}}
{{- define "platform.postgresqlSynchronous" -}}
{{- with .Values.postgresql }}
{{- $mayBeAway := ge (int .instances) (add (int .synchronous.number) 2 | int) }}
method: any
number: {{ int .synchronous.number }}
dataDurability: {{ .synchronous.dataDurability | default (ternary "required" "preferred" $mayBeAway) }}
{{- end }}
{{- end }}

{{/* The value of a key of an existing Secret, so that a password does not change; empty if there is none. Takes { root, secret, key }. */}}
{{- define "platform.kept" -}}
{{- $secret := lookup "v1" "Secret" .root.Release.Namespace .secret | default dict }}
{{- get ($secret.data | default dict) .key | b64dec }}
{{- end }}

{{/* { name, pullPolicy } of an own image with Node: the operator's, or the services'; without a name if neither is part of the release. */}}
{{- define "platform.nodeImage" -}}
{{- $operator := index .Values "orderpipeline-operator" }}
{{- $shop := index .Values "order-shop" }}
{{- $given := dict }}
{{- if $operator.enabled }}{{ $given = $operator.image }}{{ else if $shop.enabled }}{{ $given = $shop.image }}{{ end }}
{{- with $given }}
{{- $registry := .registry | default ($.Values.global | default dict).imageRegistry | default "" | trimSuffix "/" }}
{{- $name := ternary .repository (printf "%s/%s" $registry .repository) (empty $registry) }}
{{- dict "name" (ternary (printf "%s@%s" $name .digest) (printf "%s:%s" $name (.tag | default $.Chart.AppVersion)) (not (empty .digest))) "pullPolicy" .pullPolicy | toYaml }}
{{- else }}{}
{{- end }}
{{- end }}

{{/* Like platform.podSecurity, for the user of our own images, and with a token of the ServiceAccount. */}}
{{- define "platform.nodePodSecurity" -}}
automountServiceAccountToken: true
enableServiceLinks: false
{{- with (.Values.global | default dict).imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  {{- if not (.Values.global | default dict).clusterAssignsUsers }}
  runAsUser: 65532
  runAsGroup: 65532
  {{- end }}
  seccompProfile: { type: RuntimeDefault }
{{- end }}

{{/* Takes { root, file }: a program as an argument of Node, after what it imports from files/api-server.mjs. */}}
{{- define "platform.program" -}}
{{- $own := regexReplaceAll "(?m)^import .* from './api-server.mjs'$" (.root.Files.Get .file) "" }}
{{- printf "%s\n%s" (.root.Files.Get "files/api-server.mjs") $own | toJson }}
{{- end }}
