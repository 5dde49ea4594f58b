import Type from 'typebox';
import { viewOf } from '../api-view.ts';
import type { Api, ApiContext } from '../context.ts';
import { findApplication } from '../find-application.ts';
import { demand } from '../gate.ts';
import { readOrphans } from '../read-orphans.ts';
import { OrphansSchema } from '../schemas/orphans.ts';
import { listOf } from '../schemas/schema.ts';

export function addOrphanRoutes(api: Api, context: ApiContext): void {
  api.get(
    '/projects/:name/orphans',
    {
      schema: {
        operationId: 'listOrphans',
        summary: "Objects in the namespaces of a project's applications that belong to no application",
        params: Type.Object({ name: Type.String() }),
        querystring: Type.Object(
          {
            application: Type.Optional(
              Type.String({ description: 'Only of the namespace that this application is deployed to.' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: {
          200: listOf(OrphansSchema, 'By cluster and namespace; none where the project asks for none.'),
        },
      },
    },
    async (request) => {
      const { application: name } = request.query;
      const { name: project } = request.params;
      const view = viewOf(context, request);
      demand(context, request, [project]);
      const wanted = name === undefined ? undefined : (await findApplication(view.store, name)).application;
      // An application may name a project that there isn't (yet): that is told on the application, and nobody asks here.
      const isKnown = context.control.catalog()?.projects.has(project) === true;
      const found = wanted === undefined || isKnown ? await readOrphans(view, project) : [];
      const items = found.filter(({ applications }) => wanted === undefined || applications.includes(wanted));
      return { items: items.map(({ project: _project, ended: _ended, ...shown }) => shown) };
    },
  );
}
