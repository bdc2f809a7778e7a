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

{{/* What the chart knows, under what the operator sets for this service. Takes a dict: root and name. */}}
{{- define "standing.settings" -}}
{{- $values := .root.Values -}}
{{- $known := fromYaml (include "standing.services" .) -}}
{{- $service := get $known .name -}}
{{- $options := $values.kafka.options -}}
{{- if $values.kafka.caSecret.name -}}
{{- $options = merge (dict "ssl.ca.location" "/etc/standing/kafka/ca.crt") $options -}}
{{- end -}}
{{- $base := dict
    "kafka" (dict "bootstrap_servers" $values.kafka.bootstrapServers "options" $options)
    "admin" (dict "listen" "0.0.0.0:8081")
    "telemetry" (dict "format" "json" "filter" $values.telemetry.filter)
-}}
{{- if $service.api -}}
{{- $_ := set $base "http" (dict "listen" "0.0.0.0:8080") -}}
{{- $_ := set $base "credentials" (dict "file" "/etc/standing/credentials/credentials.toml") -}}
{{- end -}}
{{- if $service.state -}}
{{- $_ := set $base "state" (dict "dir" "/var/lib/standing") -}}
{{- end -}}
{{- if hasKey (get $values .name) "spool" -}}
{{- $_ := set $base .name (dict "spool_dir" "/var/lib/standing/spool") -}}
{{- end -}}
{{- if $service.pseudonyms -}}
{{- $_ := set $base "pseudonyms" (dict "file" "/etc/standing/pseudonyms/pseudonyms.toml") -}}
{{- end -}}
{{- include "standing.toml" (dict "path" "" "table" (mergeOverwrite $base (get $values .name).settings)) | trim -}}
{{- end -}}
