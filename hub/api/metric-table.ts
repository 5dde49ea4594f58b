/** Name, help and labels of every figure; what ends in `_total` counts, the rest are levels. docs/notifications.md lists them. */
export const metricTable = [
  ['fairlead_build_info', 'The version that runs; always 1.', ['version', 'node']],
  ['fairlead_applications', 'Applications by what is known of them.', ['environment', 'sync', 'health']],
  ['fairlead_drifts_open', 'Open drifts.', ['environment']],
  ['fairlead_gates', 'What holds applications back, by kind.', ['kind']],
  ['fairlead_agent_connected', "Whether a cluster's agent is connected.", ['cluster']],
  ['fairlead_agent_last_seen_timestamp_seconds', 'When an agent was heard last.', ['cluster']],
  ['fairlead_catalog_problems', 'What is wrong in the documents of the fleet.', []],
  [
    'fairlead_hub_last_pass_timestamp_seconds',
    'When a whole pass over Git ended last; 0 before the first.',
    [],
  ],
  ['fairlead_hub_last_pass_duration_seconds', 'How long the last pass took.', []],
  ['fairlead_hub_passes_total', 'Passes over Git by result.', ['result']],
  ['fairlead_hub_git_fetches_total', 'Fetches of repositories by result.', ['result']],
  ['fairlead_hub_renders_total', 'Sources that were rendered, by result.', ['result']],
  ['fairlead_hub_store_bytes', "Size of the hub's database.", []],
  ['fairlead_hub_event_listeners', 'Live views that are open.', []],
  ['fairlead_incidents_open', 'Incidents that go on.', ['trigger']],
  ['fairlead_notification_deliveries_total', 'Tries to tell a receiver.', ['receiver', 'result']],
  ['fairlead_notification_outbox_depth', 'What receivers have still to hear.', []],
  ['fairlead_notification_outbox_oldest_age_seconds', 'How long the oldest of it waits.', []],
] as const satisfies readonly (readonly [string, string, readonly string[]])[];

export type MetricName = (typeof metricTable)[number][0];
