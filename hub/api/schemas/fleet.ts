import Type from 'typebox';
import {
  CommitSchema,
  LocationSchema,
  ModeSchema,
  ObjectRefSchema,
  ProblemSchema,
  ToneSchema,
} from './common.ts';
import { moment, ref, words } from './schema.ts';

export const GuardSchema = Type.Object(
  {
    namespaces: Type.Optional(
      Type.Array(Type.String(), { description: 'Patterns; absent: every namespace.' }),
    ),
    clusterScoped: words(['allowed', 'never'], { description: 'Objects that stand in no namespace.' }),
    kinds: Type.Object({
      allow: Type.Optional(Type.Array(Type.String(), { description: 'Patterns; absent: every kind.' })),
      deny: Type.Array(Type.String()),
    }),
    writes: words(['allowed', 'never']),
    dryRuns: Type.Optional(
      words(['allowed'], { description: 'Where nothing is written: whether verdicts come from dry-runs.' }),
    ),
    maxPrune: Type.Optional(Type.Integer({ description: 'Objects of one application at once.' })),
    maxHoldMs: Type.Integer({ description: 'How long a hold set with kubectl counts at most.' }),
    logs: Type.Optional(words(['never'], { description: 'Absent: logs of pods may be read.' })),
  },
  {
    $id: 'Guard',
    description: 'What an agent was installed for: neither hub nor Git can widen it.',
  },
);

export const ClusterSchema = Type.Object(
  {
    name: Type.String(),
    declared: Type.Boolean({ description: 'Whether a Cluster document has this name.' }),
    location: Type.Optional(ref(LocationSchema)),
    environment: Type.String(),
    labels: Type.Record(Type.String(), Type.String()),
    servers: Type.Array(Type.String(), { description: 'Addresses that applications may name it by.' }),
    mode: Type.Optional(ModeSchema),
    enrolledAt: Type.Optional(moment('When its agent got its certificate.')),
    certificateExpiresAt: Type.Optional(moment('When that certificate ends.')),
    decommission: Type.Optional(
      Type.String({ description: 'The id of the operation by which it leaves the fleet now.' }),
    ),
    decommissionedAt: Type.Optional(
      moment('When it left the fleet; absent once an agent is enrolled again.'),
    ),
    connected: Type.Boolean(),
    connectedSince: Type.Optional(moment('When the stream that is open now began.')),
    lastSeenAt: Type.Optional(moment('When the hub heard of the agent last.')),
    agentVersion: Type.Optional(Type.String()),
    kubernetesVersion: Type.Optional(Type.String()),
    generation: Type.Integer({ description: 'In force at the agent.' }),
    guard: Type.Optional(ref(GuardSchema)),
    problems: Type.Array(Type.String(), { description: "What the agent can't do now." }),
    applications: Type.Integer(),
    openDrifts: Type.Integer(),
    sentence: Type.String(),
    tone: ToneSchema,
  },
  { $id: 'Cluster', description: 'A member of the fleet, as declared and as its agent reported it.' },
);

export const EnrollmentSchema = Type.Object(
  {
    cluster: Type.String(),
    token: Type.String({
      description: "The agent's first contact: addresses, the CA's fingerprint, a one-time secret.",
    }),
    expiresAt: moment('When the token ends.'),
  },
  { $id: 'Enrollment' },
);

export const DecommissionPreviewSchema = Type.Object(
  {
    cluster: Type.String(),
    connected: Type.Boolean(),
    lastSeenAt: Type.Optional(moment('When the hub heard of its agent last.')),
    applications: Type.Array(
      Type.Object({
        application: Type.String(),
        objects: Type.Array(ref(ObjectRefSchema), { description: 'As the agent reported them last.' }),
        left: Type.Array(ref(ObjectRefSchema), {
          description: 'Of those, what is never deleted with its application: it is left without our marks.',
        }),
      }),
      { description: 'What is sent to the cluster now, in the order of the names.' },
    ),
  },
  { $id: 'DecommissionPreview', description: 'What would end with a cluster.' },
);

const KindRuleSchema = Type.Object({
  group: Type.String(),
  kind: Type.String(),
  name: Type.Optional(Type.String()),
});

export const ProjectSchema = Type.Object(
  {
    name: Type.String(),
    description: Type.String(),
    location: ref(LocationSchema),
    sourceRepos: Type.Array(Type.String()),
    destinations: Type.Array(
      Type.Object({
        server: Type.Optional(Type.String()),
        name: Type.Optional(Type.String()),
        namespace: Type.Optional(Type.String()),
      }),
    ),
    clusterResourceWhitelist: Type.Array(KindRuleSchema),
    clusterResourceBlacklist: Type.Array(KindRuleSchema),
    namespaceResourceWhitelist: Type.Optional(
      Type.Array(KindRuleSchema, { description: 'Absent: all kinds are allowed. Empty: none.' }),
    ),
    namespaceResourceBlacklist: Type.Array(KindRuleSchema),
    roles: Type.Optional(
      Type.Array(
        Type.Object({
          name: Type.String(),
          description: Type.String(),
          policies: Type.Array(Type.String(), { description: 'Lines as they are written.' }),
          groups: Type.Array(Type.String(), { description: 'Whose members have the role.' }),
        }),
      ),
    ),
    syncWindows: Type.Optional(
      Type.Array(
        Type.Object({
          kind: words(['allow', 'deny']),
          schedule: Type.String({ description: 'Five fields of cron.' }),
          durationMs: Type.Integer(),
          timeZone: Type.String(),
          manualSync: Type.Boolean(),
          syncOverrun: Type.Optional(
            Type.Literal(true, { description: 'A sync that had begun goes on when it may no longer begin.' }),
          ),
          matches: words(['any', 'all']),
          applications: Type.Array(Type.String()),
          namespaces: Type.Array(Type.String()),
          clusters: Type.Array(Type.String()),
          description: Type.Optional(Type.String()),
        }),
        { description: 'When its applications may, or must not, be written to.' },
      ),
    ),
    orphanedResources: Type.Optional(
      Type.Object(
        {
          warn: Type.Boolean({ description: 'Whether its applications are warned of them.' }),
          ignore: Type.Array(
            Type.Object({
              group: Type.String(),
              kind: Type.Optional(Type.String()),
              name: Type.Optional(Type.String()),
            }),
          ),
        },
        { description: 'It asks for objects that belong to no application; absent: nobody looks.' },
      ),
    ),
    applications: Type.Integer(),
    refused: Type.Integer({ description: 'How many of its applications are refused.' }),
  },
  { $id: 'Project', description: 'Who may put what where.' },
);

const CountsSchema = Type.Record(Type.String(), Type.Integer());

export const FleetStatusSchema = Type.Object(
  {
    version: Type.String({ description: 'Of the hub.' }),
    now: moment("The hub's clock."),
    lastPass: Type.Optional(
      Type.Object(
        { commit: ref(CommitSchema), at: moment('When it ended.') },
        { description: 'The last whole pass.' },
      ),
    ),
    sources: Type.Array(
      Type.Object({
        url: Type.String(),
        commits: Type.Record(Type.String(), Type.String(), { description: 'Revision → commit.' }),
        fetchedAt: Type.Optional(moment('When it was read last.')),
        problem: Type.Optional(Type.String({ description: 'Why the last fetch failed.' })),
      }),
    ),
    problems: Type.Array(ref(ProblemSchema), { description: "What is wrong with the fleet's documents." }),
    counts: Type.Object({
      clusters: Type.Object({ declared: Type.Integer(), connected: Type.Integer(), silent: Type.Integer() }),
      applications: Type.Integer(),
      sync: CountsSchema,
      health: CountsSchema,
      tone: CountsSchema,
      openDrifts: Type.Integer(),
    }),
  },
  { $id: 'FleetStatus' },
);

export const ReadinessSchema = Type.Object(
  {
    ready: Type.Boolean(),
    checks: Type.Array(
      Type.Object({
        name: words(['store', 'last-pass', 'fleet-repository']),
        status: words(['ok', 'warn', 'fail']),
        message: Type.String(),
      }),
    ),
  },
  { $id: 'Readiness' },
);
