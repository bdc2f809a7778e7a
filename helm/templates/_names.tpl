{{/* Names and labels. Every template takes a dict: root (the chart's context) and name (the service). */}}

{{- define "standing.fullname" -}}
{{- printf "%s-%s" .root.Release.Name .name | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{/* Under this name each instance has an address of its own. */}}
{{- define "standing.peers" -}}
{{- printf "%s-peers" (include "standing.fullname" .) -}}
{{- end -}}

{{- define "standing.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{- define "standing.labels" -}}
{{ include "standing.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "standing.image" -}}
{{- with .root.Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.root.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The services of this chart: `api` has an HTTP interface for others, `member` takes part in a consumer group under its
pod's name, which must be the same after a restart, `state` keeps RocksDB on a volume, `peers` pass questions on to each
other. */}}
{{- define "standing.services" -}}
intake: {api: true, member: true, state: false, peers: false}
profile: {api: true, member: true, state: true, peers: true}
flags: {api: false, member: true, state: true, peers: false}
gate: {api: true, member: false, state: false, peers: false}
{{- end -}}
