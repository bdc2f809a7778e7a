{{/* Names and labels. Every template takes a dict: root (the chart's context) and name (the service). */}}

{{- define "standing.fullname" -}}
{{- printf "%s-%s" .root.Release.Name .name | trunc 52 | trimSuffix "-" -}}
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

{{/* The services of this chart: `api` has an HTTP interface for others, `state` keeps RocksDB on a volume, `pseudonyms`
holds the keys of natural persons' pseudonyms (the fold sees pseudonyms only). */}}
{{- define "standing.services" -}}
intake: {api: true, state: false, pseudonyms: true}
profile: {api: false, state: true, pseudonyms: false}
flags: {api: false, state: true, pseudonyms: true}
gate: {api: true, state: false, pseudonyms: true}
{{- end -}}
