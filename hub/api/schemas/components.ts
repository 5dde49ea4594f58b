import { AccessAnswerSchema } from './access.ts';
import {
  ApplicationItemSchema,
  ApplicationListSchema,
  ApplicationSchema,
  ApplicationSourceSchema,
  ObjectFailureSchema,
  ObjectStatusSchema,
} from './application.ts';
import { AttemptSchema, HookStatusSchema } from './attempt.ts';
import {
  CommitSchema,
  ErrorSchema,
  GateSchema,
  HealthSchema,
  LocationSchema,
  ObjectRefSchema,
  ProblemSchema,
} from './common.ts';
import {
  DriftChangeSchema,
  DriftEntrySchema,
  DriftEventSchema,
  DriftFieldSchema,
  DriftSchema,
  WriterSchema,
} from './drift.ts';
import { ExplanationSchema, StepSchema } from './explanation.ts';
import {
  ClusterSchema,
  DecommissionPreviewSchema,
  EnrollmentSchema,
  FleetStatusSchema,
  GuardSchema,
  ProjectSchema,
  ReadinessSchema,
} from './fleet.ts';
import { HistoryEntrySchema } from './history.ts';
import { HoldSchema } from './hold.ts';
import {
  LiveObjectSchema,
  ObjectEventSchema,
  ObjectEventsSchema,
  ResourceTreeSchema,
  TreeNodeSchema,
} from './live-view.ts';
import { IncidentSchema, NotificationSchema, NotificationTestSchema } from './notification.ts';
import { OperationSchema } from './operation.ts';
import { OrphansSchema } from './orphans.ts';
import { ClusterTallySchema, OverviewSchema, TallySchema } from './overview.ts';
import { AuthorSchema, FieldChangeSchema, FilePatchSchema, ProposalSchema } from './proposal.ts';
import { RepositorySchema, RepositoryTestSchema } from './repository.ts';

/** Every schema that has a name of its own in the document. */
export const components = [
  RepositorySchema,
  RepositoryTestSchema,
  AccessAnswerSchema,
  ErrorSchema,
  LocationSchema,
  ProblemSchema,
  GateSchema,
  ObjectRefSchema,
  HealthSchema,
  CommitSchema,
  WriterSchema,
  DriftFieldSchema,
  DriftSchema,
  DriftChangeSchema,
  DriftEventSchema,
  DriftEntrySchema,
  ApplicationItemSchema,
  ApplicationListSchema,
  ObjectStatusSchema,
  ObjectFailureSchema,
  HookStatusSchema,
  AttemptSchema,
  ApplicationSchema,
  ApplicationSourceSchema,
  StepSchema,
  ExplanationSchema,
  OperationSchema,
  HoldSchema,
  GuardSchema,
  ClusterSchema,
  DecommissionPreviewSchema,
  EnrollmentSchema,
  ProjectSchema,
  OrphansSchema,
  FleetStatusSchema,
  ReadinessSchema,
  AuthorSchema,
  FieldChangeSchema,
  FilePatchSchema,
  ProposalSchema,
  HistoryEntrySchema,
  TallySchema,
  ClusterTallySchema,
  OverviewSchema,
  NotificationSchema,
  NotificationTestSchema,
  IncidentSchema,
  TreeNodeSchema,
  ResourceTreeSchema,
  LiveObjectSchema,
  ObjectEventSchema,
  ObjectEventsSchema,
];
