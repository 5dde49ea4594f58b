import { rm } from 'node:fs/promises';
import { generateProto, PROTO_GENERATED } from './proto.ts';

await rm(PROTO_GENERATED, { recursive: true, force: true });
await generateProto('.');
console.log(`${PROTO_GENERATED} is up to date`);
