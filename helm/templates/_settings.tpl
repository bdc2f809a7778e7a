{{/* The settings file of a service. */}}

{{/* A table as TOML. Not toToml: a number from values is a float to it, and 48 would become 48.0. Scalars and lists of
scalars are written the same in JSON and in TOML. Takes a dict: path (of the table, as written) and table. */}}
{{- define "standing.toml" -}}
{{- range $key, $value := .table }}
{{- if not (kindIs "map" $value) }}
{{ include "standing.tomlKey" $key }} = {{ toJson $value }}
{{- end }}
{{- end }}
{{- range $key, $value := .table }}
{{- if kindIs "map" $value }}
{{- $own := include "standing.tomlKey" $key }}
{{- $path := ternary $own (printf "%s.%s" $.path $own) (empty $.path) }}

[{{ $path }}]
{{- include "standing.toml" (dict "path" $path "table" $value) }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "standing.tomlKey" -}}
{{- if regexMatch "^[A-Za-z0-9_-]+$" . }}{{ . }}{{ else }}{{ quote . }}{{ end -}}
{{- end -}}

{{/* What the chart knows, under what the operator sets for this service. Takes a dict: root and name, of a service or
`topics`. */}}
{{- define "standing.settings" -}}
{{- $values := .root.Values -}}
{{- $service := get (fromYaml (include "standing.services" .)) .name | default dict -}}
{{- $own := get $values .name -}}
{{- $options := deepCopy $values.kafka.options -}}
{{- if $values.kafka.caSecret.name -}}
{{- $_ := set $options "ssl.ca.location" "/etc/standing/kafka/ca.crt" -}}
{{- end -}}
{{- $base := dict
    "kafka" (dict "bootstrap_servers" $values.kafka.bootstrapServers "options" $options)
    "registry" (dict "urls" $values.registry.urls)
    "topics" (omit $values.topics "job")
    "telemetry" (dict "format" "json" "filter" $values.telemetry.filter)
-}}
{{- if $service -}}
{{- $_ := set $base "admin" (dict "listen" "0.0.0.0:8081") -}}
{{- $_ := set $base "pseudonyms" (dict "file" "/etc/standing/pseudonyms/pseudonyms.toml") -}}
{{- end -}}
{{- if $service.api -}}
{{- $_ := set $base "http" (dict "listen" "0.0.0.0:8080") -}}
{{- $_ := set $base "credentials" (dict "file" "/etc/standing/credentials/credentials.toml") -}}
{{- end -}}
{{- if $service.state -}}
{{- $_ := set $base .name (dict "state_dir" "/var/lib/standing/state") -}}
{{- end -}}
{{- if $service.peers -}}
{{- $_ := set (get $base .name) "peers" (list (printf "http://%s:8080" (include "standing.peers" .))) -}}
{{- end -}}
{{- if hasKey $own "spool" -}}
{{- $_ := set $base .name (dict "spool_dir" "/var/lib/standing/spool") -}}
{{- end -}}
{{- include "standing.toml" (dict "path" "" "table" (mergeOverwrite $base ($own.settings | default dict))) | trim -}}
{{- end -}}
