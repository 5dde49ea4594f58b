{{- define "fairlead-hub.name" -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "fairlead-hub.selector" -}}
app.kubernetes.io/name: fairlead-hub
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "fairlead-hub.labels" -}}
{{ include "fairlead-hub.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "fairlead-hub.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{- end -}}
{{- end -}}
{{- end -}}

{{/* What the schema can't say, or says in patterns that nobody reads. */}}
{{- define "fairlead-hub.check" -}}
{{- if not .Values.fleet.url -}}
{{- fail "\n\nfleet.url is missing: the hub needs a fleet repository. Add --set fleet.url=https://git.example.com/team/fleet.git\n" -}}
{{- end -}}
{{- if not (regexMatch "^((https?|ssh|git)://[^/\\s]+/|[^\\s/:]+@[^\\s/:]+:)" .Values.fleet.url) -}}
{{- fail (printf "\n\nfleet.url must be the URL of a Git repository (https, http, ssh or git), not %q\n" .Values.fleet.url) -}}
{{- end -}}
{{- if regexMatch "^https?://[^/]*:[^/]*@" .Values.fleet.url -}}
{{- fail "\n\nfleet.url holds a password. Put it into a Secret and name that by credentials.existingSecret\n" -}}
{{- end -}}
{{- if not (regexMatch "^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)$" .Values.advertise) -}}
{{- fail (printf "\n\nadvertise must be the host name or address by which agents reach the hub, without scheme and port, not %q. Add --set advertise=hub.example.com\n" .Values.advertise) -}}
{{- end -}}
{{- if not (regexMatch "^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$" .Values.pollInterval) -}}
{{- fail (printf "\n\npollInterval must be a duration such as 30s or 5m, not %q\n" .Values.pollInterval) -}}
{{- end -}}
{{- if not (regexMatch "^[0-9]+(Mi|Gi|Ti)$" .Values.persistence.size) -}}
{{- fail (printf "\n\npersistence.size must be a size such as 10Gi, not %q\n" .Values.persistence.size) -}}
{{- end -}}
{{- if and .Values.image.digest (not (regexMatch "^sha256:[0-9a-f]{64}$" .Values.image.digest)) -}}
{{- fail (printf "\n\nimage.digest must be sha256: and 64 hexadecimal digits, not %q\n" .Values.image.digest) -}}
{{- end -}}
{{- with .Values.networkPolicy -}}
{{- range concat .ingress.apiCidrs .ingress.agentCidrs .git.cidrs .receivers.cidrs .dns.cidrs -}}
{{- if not (regexMatch "^([0-9.]+/[0-9]{1,2}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*/[0-9]{1,3})$" .) -}}
{{- fail (printf "\n\nnetworkPolicy: %q is no CIDR. A single address is written as 10.0.0.1/32\n" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
