{{/* The pod of a service. Takes a dict: root and name. */}}

{{/* What only the pod or a Secret knows; empty when there is nothing. Takes a dict: root and name. */}}
{{- define "standing.environment" -}}
{{- $service := get (fromYaml (include "standing.services" .)) .name | default dict -}}
{{- if $service.member }}
# The instance's own name: of its members of the consumer group, and of its transactions.
- name: STANDING__{{ upper .name }}__INSTANCE
  valueFrom:
    fieldRef: {fieldPath: metadata.name}
{{- end }}
{{- range $section := list "kafka" "registry" }}
{{- with (get $.root.Values $section).credentialsSecret }}
{{- if .name }}
- name: STANDING__{{ upper $section }}__USERNAME
  valueFrom:
    secretKeyRef: {name: {{ .name }}, key: {{ .usernameKey }}}
- name: STANDING__{{ upper $section }}__PASSWORD
  valueFrom:
    secretKeyRef: {name: {{ .name }}, key: {{ .passwordKey }}}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "standing.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "standing.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "standing.kafkaVolume" -}}
{{- with .root.Values.kafka.caSecret }}
{{- if .name }}
- name: kafka-ca
  secret:
    secretName: {{ .name }}
    items: [{key: {{ .key }}, path: ca.crt}]
{{- end }}
{{- end }}
{{- end -}}

{{- define "standing.kafkaMount" -}}
{{- if .root.Values.kafka.caSecret.name }}
- {name: kafka-ca, mountPath: /etc/standing/kafka, readOnly: true}
{{- end }}
{{- end -}}

{{- define "standing.pod" -}}
{{- $values := .root.Values -}}
{{- $service := get (fromYaml (include "standing.services" .)) .name -}}
{{- $own := get $values .name -}}
metadata:
  labels:
    {{- include "standing.labels" . | nindent 4 }}
  annotations:
    # A change of the settings restarts this service and no other.
    standing/settings: {{ include "standing.settings" . | sha256sum }}
    {{- with $own.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "standing.fullname" (dict "root" .root "name" "services") }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: 60
  securityContext:
    {{- include "standing.podSecurity" . | nindent 4 }}
  {{- with $values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ .name }}
      image: {{ include "standing.image" . | quote }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      args: [serve, {{ .name }}, --config, /etc/standing/settings/{{ .name }}.toml]
      {{- with include "standing.environment" . | trim }}
      env:
        {{- . | nindent 8 }}
      {{- end }}
      {{- with $own.checkpointsSecret }}
      envFrom:
        - secretRef: {name: {{ . }}}
      {{- end }}
      ports:
        {{- if $service.api }}
        - {name: api, containerPort: 8080}
        {{- end }}
        - {name: admin, containerPort: 8081}
      startupProbe:
        httpGet: {path: /healthz, port: admin}
        periodSeconds: 2
        failureThreshold: 60
      livenessProbe:
        httpGet: {path: /healthz, port: admin}
        periodSeconds: 10
        timeoutSeconds: 3
        failureThreshold: 6
      # Not ready while restoring, or staler than the bound.
      readinessProbe:
        httpGet: {path: /readyz, port: admin}
        periodSeconds: 5
        timeoutSeconds: 3
        failureThreshold: 2
      securityContext:
        {{- include "standing.containerSecurity" . | nindent 8 }}
      resources:
        {{- toYaml $own.resources | nindent 8 }}
      volumeMounts:
        - {name: settings, mountPath: /etc/standing/settings, readOnly: true}
        {{- if $service.api }}
        - {name: credentials, mountPath: /etc/standing/credentials, readOnly: true}
        {{- end }}
        - {name: pseudonyms, mountPath: /etc/standing/pseudonyms, readOnly: true}
        {{- if or $service.state (hasKey $own "spool") }}
        - {name: state, mountPath: /var/lib/standing}
        {{- end }}
        - {name: tmp, mountPath: /tmp}
        {{- include "standing.kafkaMount" . | nindent 8 }}
  volumes:
    - name: settings
      configMap: {name: {{ include "standing.fullname" . }}}
    {{- if $service.api }}
    - name: credentials
      secret:
        secretName: {{ $values.secrets.credentials.name }}
        items: [{key: {{ $values.secrets.credentials.key }}, path: credentials.toml}]
    {{- end }}
    - name: pseudonyms
      secret:
        secretName: {{ $values.secrets.pseudonyms.name }}
        items: [{key: {{ $values.secrets.pseudonyms.key }}, path: pseudonyms.toml}]
    {{- with $own.spool }}
    - name: state
      emptyDir: {sizeLimit: {{ .size }}}
    {{- end }}
    - name: tmp
      emptyDir: {sizeLimit: 64Mi}
    {{- include "standing.kafkaVolume" . | nindent 4 }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "standing.selector" . | nindent 10 }}
  {{- with $own.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $own.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $own.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
