import { describe, expect, it } from 'vitest';
import { classifyError } from '../../../agent/plan/classify-error.ts';

/** Answers of real API servers and the class that each must have. */
const answers: readonly [number, string, string, string][] = [
  [0, 'connect ECONNREFUSED 127.0.0.1:6443', 'unreachable', 'soon'],
  [401, 'Unauthorized', 'unauthenticated', 'soon'],
  [
    403,
    'deployments.apps "web" is forbidden: User "agent" cannot patch resource "deployments"',
    'forbidden',
    'slowly',
  ],
  [403, 'pods "a" is forbidden: exceeded quota: compute, requested: pods=1', 'quota', 'slowly'],
  [
    403,
    'configmaps "a" is forbidden: unable to create new content in namespace x because it is being terminated',
    'namespace-terminating',
    'soon',
  ],
  [403, 'admission webhook "policy.example.com" denied the request: no', 'policy', 'slowly'],
  [
    422,
    "deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
    'policy',
    'slowly',
  ],
  [404, 'namespaces "shop" not found', 'namespace-absent', 'soon'],
  [404, 'the server could not find the requested resource', 'not-served', 'soon'],
  [409, 'Operation cannot be fulfilled on configmaps "a": the object has been modified', 'race', 'soon'],
  [409, 'object is being deleted: pods "a" already exists', 'terminating', 'soon'],
  [413, 'Request entity too large: limit is 3145728', 'too-large', 'on-change'],
  [415, 'the body of the request was in an unknown format', 'no-server-side-apply', 'on-change'],
  [
    422,
    'Deployment.apps "web" is invalid: spec.selector: Invalid value: {}: field is immutable',
    'immutable',
    'on-change',
  ],
  [
    422,
    'PersistentVolumeClaim "a" is invalid: spec: Forbidden: spec is immutable after creation',
    'immutable',
    'on-change',
  ],
  [
    422,
    'StatefulSet.apps "a" is invalid: spec: Forbidden: updates to statefulset spec for fields other than \'replicas\' are forbidden',
    'immutable',
    'on-change',
  ],
  [
    422,
    'Service "a" is invalid: spec.clusterIPs[0]: Invalid value: may not be changed once set',
    'immutable',
    'on-change',
  ],
  [
    422,
    'Deployment.apps "web" is invalid: spec.template.spec.containers[0].image: Required value',
    'invalid',
    'on-change',
  ],
  [
    422,
    'ConfigMap "a" is invalid: metadata.annotations: Too long: may not be more than 262144 bytes',
    'too-large',
    'on-change',
  ],
  [400, 'strict decoding error: unknown field "spec.replica"', 'invalid', 'on-change'],
  [400, 'admission webhook "w" does not support dry run', 'dry-run-unsupported', 'on-change'],
  [429, 'too many requests', 'throttled', 'soon'],
  [
    500,
    'failed to create typed patch object: .spec.ports: duplicate entries for key [port=80]',
    'invalid',
    'on-change',
  ],
  [
    500,
    'failed to create typed patch object (x/y; example.com/v1, Kind=A): .spec.new: field not declared in schema',
    'unknown-field',
    'soon',
  ],
  [
    500,
    'failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema',
    'invalid',
    'on-change',
  ],
  [
    500,
    'failed to create typed patch object (shop/web; v1, Kind=Service): .spec.port: field not declared in schema',
    'invalid',
    'on-change',
  ],
  [409, 'admission webhook "policy.example.com" denied the request: taken', 'policy', 'slowly'],
  [406, 'admission webhook "policy.example.com" denied the request: no', 'policy', 'slowly'],
  [403, 'pods "a" is forbidden: violates PodSecurity "restricted:latest": privileged', 'policy', 'slowly'],
  [403, 'pods "a" is forbidden: maximum cpu usage per Container is 1, but limit is 2', 'policy', 'slowly'],
  [403, 'pods "a" is forbidden: error looking up service account shop/x: not found', 'policy', 'slowly'],
  [403, 'pods "a" is forbidden: failed quota: compute: must specify limits.cpu', 'quota', 'slowly'],
  [403, 'roles "a" is forbidden: user "x" is attempting to grant RBAC permissions', 'forbidden', 'slowly'],
  [500, 'etcdserver: request is too large', 'too-large', 'on-change'],
  [500, 'Internal error occurred: failed calling webhook "w": connection refused', 'webhook-down', 'soon'],
  [
    500,
    'conversion webhook for example.com/v1, Kind=A failed: connection refused',
    'conversion-down',
    'soon',
  ],
  [503, 'the server is currently unable to handle the request', 'server-error', 'soon'],
  [504, 'Timeout: request did not complete', 'server-error', 'soon'],
];

describe('classifyError', () => {
  it.each(answers)('reads %i %s as %s, tried again %s', (status, message, code, retry) => {
    expect(classifyError({ status, reason: '', message, causes: [] })).toEqual({ code, retry });
  });
});
