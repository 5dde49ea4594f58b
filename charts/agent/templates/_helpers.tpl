{{- define "fairlead-agent.name" -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "fairlead-agent.selector" -}}
app.kubernetes.io/name: fairlead-agent
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "fairlead-agent.labels" -}}
{{ include "fairlead-agent.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "fairlead-agent.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{- end -}}
{{- end -}}
{{- end -}}

{{- define "fairlead-agent.secret" -}}
{{- if .Values.enrollment.token -}}{{ include "fairlead-agent.name" . }}-enrollment{{- else -}}{{ .Values.enrollment.existingSecret }}{{- end -}}
{{- end -}}

{{- define "fairlead-agent.webhook" -}}
{{ include "fairlead-agent.name" . }}-{{ .Release.Namespace }}-people
{{- end -}}

{{/* What both webhooks of templates/admission.yaml have in common. */}}
{{- define "fairlead-agent.webhookRest" -}}
admissionReviewVersions: [v1]
clientConfig:
  service: {name: {{ include "fairlead-agent.name" . }}-admission, namespace: {{ .Release.Namespace }}, port: 443}
sideEffects: None
failurePolicy: Ignore
matchPolicy: Equivalent
timeoutSeconds: 1
{{- with .Values.namespaces | default .Values.guard.namespaces }}
{{- if regexMatch "^[a-z0-9,-]+$" (join "," .) }}
namespaceSelector:
  matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: {{ toJson (uniq .) }}}]
{{- end }}
{{- end }}
matchConditions:
  - name: not-the-agent-itself
    expression: request.userInfo.username != 'system:serviceaccount:{{ .Release.Namespace }}:{{ include "fairlead-agent.name" . }}'
  - name: no-dry-run
    expression: "!has(request.dryRun) || request.dryRun == false"
  - name: no-lease
    expression: request.resource.group != 'coordination.k8s.io'
{{- end -}}

{{/* What the schema can't say, or says in patterns that nobody reads. */}}
{{- define "fairlead-agent.check" -}}
{{- if and (eq .Values.profile "namespaced") (not .Values.namespaces) -}}
{{- fail "\n\nprofile namespaced needs the namespaces that the agent may touch. Name them: --set 'namespaces={shop,payments}'\n" -}}
{{- end -}}
{{- if and (eq .Values.profile "cluster") .Values.namespaces -}}
{{- fail "\n\nprofile cluster touches every namespace, so namespaces means nothing. Use --set profile=namespaced, guard.namespaces for patterns, or leave namespaces out\n" -}}
{{- end -}}
{{- if and .Values.namespaces .Values.guard.namespaces -}}
{{- fail "\n\nnamespaces lists what the agent may touch already, so guard.namespaces means nothing. Leave one of them out\n" -}}
{{- end -}}
{{- if and (eq .Values.profile "cluster") (or .Values.extraKinds (not .Values.secrets)) -}}
{{- fail "\n\nprofile cluster has rights for every kind, so extraKinds and secrets: false mean nothing. Leave them out, or use profile namespaced or observe\n" -}}
{{- end -}}
{{- if and .Values.dryRun (ne .Values.profile "observe") -}}
{{- fail (printf "\n\ndryRun means something only to profile observe: %s asks by dry-runs anyway. Leave it out\n" .Values.profile) -}}
{{- end -}}
{{- if and .Values.dryRun (semverCompare "<1.30-0" .Capabilities.KubeVersion.Version) -}}
{{- fail (printf "\n\ndryRun needs a Kubernetes of 1.30 or newer, which has ValidatingAdmissionPolicies; this one is %s. Leave it out: verdicts are approximate then\n" .Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- range .Values.namespaces -}}
{{- if not (regexMatch "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$" .) -}}
{{- fail (printf "\n\nnamespaces: %q is no name of a namespace (a-z, 0-9 and -)\n" .) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.enrollment.token (not (hasPrefix "fl1." .Values.enrollment.token)) -}}
{{- fail "\n\nenrollment.token is no enrolment token: it doesn't begin with \"fl1.\". Copy the whole token of: fairlead cluster enroll NAME\n" -}}
{{- end -}}
{{- if not (regexMatch "^[0-9]+(Mi|Gi|Ti)$" .Values.persistence.size) -}}
{{- fail (printf "\n\npersistence.size must be a size such as 1Gi, not %q\n" .Values.persistence.size) -}}
{{- end -}}
{{- if and .Values.image.digest (not (regexMatch "^sha256:[0-9a-f]{64}$" .Values.image.digest)) -}}
{{- fail (printf "\n\nimage.digest must be sha256: and 64 hexadecimal digits, not %q\n" .Values.image.digest) -}}
{{- end -}}
{{- with .Values.networkPolicy -}}
{{- range concat .apiServer.cidrs .hub.cidrs .dns.cidrs -}}
{{- if not (regexMatch "^([0-9.]+/[0-9]{1,2}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*/[0-9]{1,3})$" .) -}}
{{- fail (printf "\n\nnetworkPolicy: %q is no CIDR. A single address is written as 10.0.0.1/32\n" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What the agent's own guard is told. */}}
{{- define "fairlead-agent.guardEnv" -}}
{{- with .Values.namespaces | default .Values.guard.namespaces }}
- {name: FAIRLEAD_NAMESPACES, value: {{ join "," . | quote }}}
{{- end }}
{{- if not (kindIs "invalid" .Values.guard.clusterScoped) }}
- {name: FAIRLEAD_CLUSTER_SCOPED, value: {{ .Values.guard.clusterScoped | quote }}}
{{- end }}
{{- with .Values.guard.kinds.allow }}
- {name: FAIRLEAD_ALLOW_KINDS, value: {{ join "," . | quote }}}
{{- end }}
{{- with .Values.guard.kinds.deny }}
- {name: FAIRLEAD_DENY_KINDS, value: {{ join "," . | quote }}}
{{- end }}
{{- if not (kindIs "invalid" .Values.guard.maxPrune) }}
- {name: FAIRLEAD_MAX_PRUNE, value: {{ int .Values.guard.maxPrune | quote }}}
{{- end }}
- {name: FAIRLEAD_MAX_HOLD, value: {{ .Values.guard.maxHold | quote }}}
{{- if not .Values.live.logs }}
- {name: FAIRLEAD_LOGS, value: "false"}
{{- end }}
{{- end -}}

{{/*
Rules for kinds that stand in namespaces, written out: no wildcard, so nothing that a later definition brings.
`verbs` is what may be done with each, `values` are the chart's.
*/}}
{{- define "fairlead-agent.namespacedKinds" -}}
{{- $verbs := toJson .verbs -}}
- apiGroups: [""]
  resources: [configmaps, endpoints, limitranges, persistentvolumeclaims, pods, podtemplates, replicationcontrollers, resourcequotas, serviceaccounts, services]
  verbs: {{ $verbs }}
{{- if .values.secrets }}
- apiGroups: [""]
  resources: [secrets]
  verbs: {{ $verbs }}
{{- end }}
- apiGroups: [apps]
  resources: [daemonsets, deployments, replicasets, statefulsets]
  verbs: {{ $verbs }}
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: {{ $verbs }}
- apiGroups: [batch]
  resources: [cronjobs, jobs]
  verbs: {{ $verbs }}
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: {{ $verbs }}
- apiGroups: [networking.k8s.io]
  resources: [ingresses, networkpolicies]
  verbs: {{ $verbs }}
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: {{ $verbs }}
# Without `escalate` and `bind`, Git can give by these only what the agent may do itself.
- apiGroups: [rbac.authorization.k8s.io]
  resources: [roles, rolebindings]
  verbs: {{ $verbs }}
{{- range .values.extraKinds }}
- apiGroups: {{ toJson .apiGroups }}
  resources: {{ toJson .resources }}
  verbs: {{ $verbs }}
{{- end }}
{{- end -}}

{{/* What people look at beside the objects themselves: to be read only, in every profile. */}}
{{- define "fairlead-agent.liveKinds" -}}
- apiGroups: [""]
  resources: [events]
  verbs: [get, list]
- apiGroups: [apps]
  resources: [controllerrevisions]
  verbs: [get, list]
{{- if .live.logs }}
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
{{- end }}
{{- end -}}

{{/*
Kinds that stand in no namespace. Of policies only reading is ever given: the API server asks no policy about them, so that a
right to patch them would be one to write them.
*/}}
{{- define "fairlead-agent.clusterKinds" -}}
{{- $verbs := toJson .verbs -}}
- apiGroups: [admissionregistration.k8s.io]
  resources: [validatingadmissionpolicies, validatingadmissionpolicybindings]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [namespaces, persistentvolumes]
  verbs: {{ $verbs }}
- apiGroups: [admissionregistration.k8s.io]
  resources: [mutatingwebhookconfigurations, validatingwebhookconfigurations]
  verbs: {{ $verbs }}
- apiGroups: [apiextensions.k8s.io]
  resources: [customresourcedefinitions]
  verbs: {{ $verbs }}
- apiGroups: [apiregistration.k8s.io]
  resources: [apiservices]
  verbs: {{ $verbs }}
- apiGroups: [networking.k8s.io]
  resources: [ingressclasses]
  verbs: {{ $verbs }}
- apiGroups: [rbac.authorization.k8s.io]
  resources: [clusterroles, clusterrolebindings]
  verbs: {{ $verbs }}
- apiGroups: [scheduling.k8s.io]
  resources: [priorityclasses]
  verbs: {{ $verbs }}
- apiGroups: [storage.k8s.io]
  resources: [csidrivers, storageclasses]
  verbs: {{ $verbs }}
{{- end -}}
