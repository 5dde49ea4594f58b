import { Command } from './command.tsx';

/** What to do where the fleet has no cluster yet. */
export function NoClusters() {
  return (
    <div className="empty">
      <p>
        No cluster is a member of the fleet yet, or none that you may see. Commit a Cluster document below the
        protected path, then enrol it:
      </p>
      <Command text="fairlead cluster enroll NAME" />
    </div>
  );
}
