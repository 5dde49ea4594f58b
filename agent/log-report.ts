import { unreachable } from '../core/error.ts';
import type { Log } from '../core/log.ts';
import { displayRef } from '../core/object-ref.ts';
import type { Report } from '../core/session.ts';

/** Says in the log what is reported to the hub, so that a responder at the cluster sees it while the hub is away. */
export class ReportLogger {
  readonly #log: Log;
  /** What was applied last, by application: a status repeats it. */
  readonly #applied = new Map<string, string>();

  constructor(log: Log) {
    this.#log = log;
  }

  write(report: Report): void {
    switch (report.type) {
      case 'application': {
        const { application, appliedDigest, health, sync } = report.status;
        if (appliedDigest === undefined || this.#applied.get(application) === appliedDigest) return;
        this.#applied.set(application, appliedDigest);
        this.#log.info({ application, sync, health: health.status }, 'applied');
        return;
      }
      case 'drift': {
        const { drift, change, end } = report.event;
        const { application, ref, kind, writer, id } = drift;
        const fields = { application, object: displayRef(ref), kind, writer: writer?.manager, id, end };
        this.#log.info(fields, `drift ${change}`);
        return;
      }
      case 'operation': {
        const { id, phase } = report.result;
        this.#log.info({ id, phase }, 'operation');
        return;
      }
      case 'orphans': {
        const { project, namespace, total } = report.finds;
        this.#log.info({ project, namespace, total }, 'orphaned objects');
        return;
      }
      case 'cluster':
        return;
      default:
        unreachable(report);
    }
  }
}
