// Writes dist/api.d.ts, by which the pages' client is typed: node services/web/write-api-types.ts
// From the OpenAPI document that the service itself serves; no database is needed for it.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pino from 'pino';
import { openDatabase } from '../../db/connect.ts';
import { checkConfig } from '../config-schema.ts';
import { apiTypes } from './api-types.ts';
import { buildWeb } from './server.ts';

const FILE = path.join(import.meta.dirname, 'dist/api.d.ts');

const checked = checkConfig({});
if ('problems' in checked) throw new Error('The configuration’s defaults are wrong.');
const database = openDatabase('postgres://nobody@127.0.0.1/none', { applicationName: 'api-types' });
const app = await buildWeb({ config: checked.config, db: database.kysely, log: pino({ level: 'silent' }) });
await app.ready();
await mkdir(path.dirname(FILE), { recursive: true });
await writeFile(FILE, apiTypes(app.swagger()));
await app.close();
await database.close();
