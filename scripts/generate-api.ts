import { API_CLIENT, apiMissing, generateApi } from './api.ts';

const missing = apiMissing();
if (missing === undefined) await generateApi(API_CLIENT);
console.log(missing === undefined ? `${API_CLIENT} is up to date` : `${API_CLIENT} skipped: ${missing}`);
