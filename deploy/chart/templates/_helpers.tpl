{{- define "confab.labels" -}}
app.kubernetes.io/name: confab
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* The image, by digest if there is one. */}}
{{- define "confab.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}

{{- define "confab.secret" -}}
{{ .Values.existingSecret.name | default .Release.Name }}
{{- end }}

{{/* The names of the secrets that are given, in an order that does not change. */}}
{{- define "confab.secretNames" -}}
{{- $names := list -}}
{{- if .Values.existingSecret.name -}}
{{- $names = .Values.existingSecret.keys -}}
{{- else -}}
{{- range $name, $value := .Values.secrets -}}{{- if $value -}}{{- $names = append $names $name -}}{{- end -}}{{- end -}}
{{- end -}}
{{- range list "DATABASE_URL" "REDIS_URL" "CONFAB_SECRET_KEY" -}}
{{- if not (has . $names) -}}{{- fail (printf "%s is missing: set secrets.%s, or existingSecret" . .) -}}{{- end -}}
{{- end -}}
{{- join "," (sortAlpha $names) -}}
{{- end }}

{{- define "confab.container" -}}
image: {{ include "confab.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
envFrom:
  - configMapRef:
      name: {{ .Release.Name }}
env:
  {{- range splitList "," (include "confab.secretNames" .) }}
  - name: {{ . }}_FILE
    value: /run/secrets/confab/{{ . }}
  {{- end }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
volumeMounts:
  - name: data
    mountPath: /data
  - name: tmp
    mountPath: /tmp
  - name: secrets
    mountPath: /run/secrets/confab
    readOnly: true
{{- end }}
